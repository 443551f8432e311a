package jedi

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// plain writes a value in one form, whatever its spelling was.
func plain(v value) string {
	var parts []string
	switch v.shape {
	case aGroup:
		for _, s := range v.group {
			parts = append(parts, s.name+"="+plain(s.value))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case aList, anArray:
		for _, e := range v.list {
			parts = append(parts, plain(e))
		}
		if v.shape == aList {
			return "(" + strings.Join(parts, " ") + ")"
		}
		return "[" + strings.Join(parts, " ") + "]"
	case aText:
		return fmt.Sprintf("%q", v.text)
	case aNumber, aTruth:
	}
	return v.text
}

func TestLibconfig(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"nothing", "", "{}"},
		{"comments", "# a = 1\n// b = 2\n/* c = 3;\n */ d = 4 // e\n;", "{d=4}"},
		{"separators", "a = 1; b : 2, c = 3 d = 4;", "{a=1 b=2 c=3 d=4}"},
		{"numbers", "a = -1; b = +0x1F; c = 10L; d = 9000000000LL; e = .5; f = -1.5e-3; g = 1.", "{a=-1 b=+0x1F c=10L d=9000000000LL e=.5 f=-1.5e-3 g=1.}"},
		{"truth values", "a = true; b = FALSE", "{a=true b=FALSE}"},
		{"texts", `a = "x" "y" /* and */ "z"; b = "q\"\\\n\t\x41"; c = "";`, `{a="xyz" b="q\"\\\n\tA" c=""}`},
		{"a comment within a text", `a = "x # y // z"`, `{a="x # y // z"}`},
		{"a text of two lines", "a = \"x\ny\"; b = 1", `{a="x\ny" b=1}`},
		{"groups", "a = { b = { c = 1 } d = {}; };", "{a={b={c=1} d={}}}"},
		{"lists", `a = ( 1, "x", (2), { b = 3; }, [4], ); c = ();`, `{a=(1 "x" (2) {b=3} [4]) c=()}`},
		{"arrays", "a = [1, 2, ]; b = []", "{a=[1 2] b=[]}"},
		{"names", "a-b_c9 = 1; *x = 2", "{a-b_c9=1 *x=2}"},
		{"a comment behind a value", "a = 1// b", "{a=1}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := parse([]byte(c.file))
			if err != nil || plain(v) != c.want {
				t.Errorf("got %s, %v, want %s", plain(v), err, c.want)
			}
		})
	}
}

func TestLibconfigErrors(t *testing.T) {
	for _, c := range []struct {
		name, file string
		line       int
		want       string
	}{
		{"no value", "a = 1;\nb = ;", 2, `want a value, got ";"`},
		{"no sign", "a 1", 1, `want = behind a, got "1"`},
		{"no name", "a = 1;\n= 2", 2, `want the next setting, got "="`},
		{"two separators", "a = 1;;", 1, `want the next setting, got ";"`},
		{"open group", "a = {\n b = 1;\n", 3, "want a setting or }, got the end of the file"},
		{"open list", "a = (1, 2", 1, "want a comma or ), got the end of the file"},
		{"no comma", "a = (1 2)", 1, `want a comma or ), got "2"`},
		{"open text", "a = 1;\nb = \"x\n\n", 2, "the text that starts here does not end"},
		{"open comment", "\n\n/* x\n", 3, "the comment that starts here does not end"},
		{"escape", "\na = \"\n\\q\"", 3, `unknown escape "\\q`},
		{"short escape", `a = "\x4"`, 1, "unknown escape"},
		{"twice", "a = 1;\nb = 2;\na = 3;", 3, "a is set twice, first on line 1"},
		{"include", "a = 1;\n@include \"b.cfg\"", 2, `directives such as "@include" are not supported`},
		{"word without quotes", "a = GPU-x/y", 1, `want a value, got "GPU-x"`},
		{"path without quotes", "a = 1x", 1, `"1x" is neither a name nor a value: text is written in quotes`},
		{"group in an array", "a = [\n{}]", 2, "an array holds numbers and texts, not a group"},
		{"odd character", "a = ~", 1, `"~" is neither`},
		{"lone slash", "a = /x", 1, `unexpected "/"`},
		{"deep", "a = " + strings.Repeat("(", 60), 1, "nested more than 32 deep"},
		{"large", strings.Repeat(" ", maxBytes+1), 0, "larger than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse([]byte(c.file))
			var bad *syntaxError
			if !errors.As(err, &bad) || bad.line != c.line || !strings.Contains(bad.msg, c.want) {
				t.Errorf("got %#v, want line %d and %q", err, c.line, c.want)
			}
		})
	}
}

// FuzzParse: no file makes the reader panic, and every error is of one line each
// with the file's name; what it takes becomes a valid plan or errors like these.
func FuzzParse(f *testing.F) {
	f.Add([]byte(config(`device_num="1"; cut_points="4"; devices="GPU"; dla_cores="0"; buffer_num="2"; pre_thread_num="1"; post_thread_num="1"`)))
	f.Add([]byte(config(`device_num="3"; cut_points="1,2,9,"; devices="DLA,GPU,DLA"; dla_cores="2,0,1"; streams="3"; data_type="INT8,FP16"; model_type="TkdnnModel"; buffer_num="8"; pre_thread_num="2"; post_thread_num="2"; batch="4"`)))
	f.Add([]byte("configs : { instance_num : \"1\", instances : ( { a = [1, -2.5e3, true]; /* x */ } ) } // y"))
	f.Add([]byte("a = \"\\x41\\n\" \"b\"; @include \"c\""))
	layers := []string{"", "a", "b", "b", "c"}
	f.Fuzz(func(t *testing.T, data []byte) {
		instances, _, err := Parse(data, "f.cfg")
		lines(t, err)
		for _, in := range instances {
			made, err := in.Plan(layers)
			lines(t, err)
			if err != nil {
				continue
			}
			if err := made.Plan.Validate(); err != nil {
				t.Errorf("an invalid plan: %v", err)
			}
			for knob := range in.texts {
				if !strings.Contains(fmt.Sprint(made.Rows), "{"+knob+" ") {
					t.Errorf("nothing is said of %s", knob)
				}
			}
		}
	})
}

func lines(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for line := range strings.Lines(err.Error()) {
		if !strings.HasPrefix(line, "f.cfg:") {
			t.Errorf("error line %q", line)
		}
	}
}
