package main

import (
	"io"
	"strings"
	"testing"

	"braid/internal/app"
)

// called runs a command that is expected to be refused, with a home of its own. One
// that is not finds itself interrupted, so that it does not wait for ever.
func called(t *testing.T, args ...string) error {
	t.Helper()
	drain := make(chan struct{})
	close(drain)
	home := t.TempDir()
	environ := map[string]string{"HOME": home, "XDG_STATE_HOME": home, "XDG_CACHE_HOME": home}
	env := &app.Env{
		In: strings.NewReader(""), Out: io.Discard, Err: io.Discard,
		Getenv: func(name string) string { return environ[name] }, Version: "test", Drain: drain,
	}
	cmd := root(env)
	cmd.SetArgs(args)
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	return cmd.ExecuteContext(t.Context())
}

// refusal is a call that must be refused as a wrong one, with words in the message.
type refusal struct {
	args string // with spaces between; _ stands for a space in one, @ for an empty one
	want []string
}

func refuse(t *testing.T, all []refusal) {
	t.Helper()
	for _, r := range all {
		t.Run(r.args, func(t *testing.T) {
			args := strings.Fields(r.args)
			for i := range args {
				args[i] = strings.NewReplacer("_", " ", "@", "").Replace(args[i])
			}
			err := called(t, args...)
			if app.ExitCode(err) != app.ExitCode(app.ErrUsage) {
				t.Fatalf("exit code %d: %v", app.ExitCode(err), err)
			}
			for _, word := range r.want {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q is not in %q", word, err)
				}
			}
		})
	}
}

// TestValuesThatCannotBe: what a flag says is the caller's to mend, whatever the files
// and the machine are like.
func TestValuesThatCannotBe(t *testing.T) {
	refuse(t, []refusal{
		{"plan nomodel --budget -1s", []string{"--budget -1s"}},
		{"plan nomodel --min-fps nan", []string{"--min-fps NaN"}},
		{"plan nomodel --min-fps +Inf", []string{"--min-fps +Inf"}},
		{"plan nomodel --min-fps -1", []string{"--min-fps -1"}},
		{"plan nomodel --max-drop -1", []string{"--max-drop -1"}},
		{"plan nomodel --max-drop nan", []string{"--max-drop NaN"}},
		{"plan nomodel --cameras foo", []string{"--cameras"}},
		{"watch --durable a_b*", []string{"--durable", `"a b*"`}},
		{"watch --min-score nan", []string{"--min-score NaN"}},
		{"watch --min-score 7", []string{"--min-score 7"}},
		{"batch @ --out x.jsonl", []string{"INPUT is empty"}},
		{"batch a.mp4 @ --out x.jsonl", []string{"INPUT is empty"}},
		{"bench --input @", []string{"--input is empty"}},
		{"plan nomodel --measure 2 --input @", []string{"--input is empty"}},
		{"profile nomodel --input @", []string{"--input is empty"}},
		{"watch --since -1s", []string{"--since -1s"}},
	})
}

// TestNothingIsSilentlyLeftOut: what a call gives and nothing would read is a mistake
// that its results would hide.
func TestNothingIsSilentlyLeftOut(t *testing.T) {
	refuse(t, []refusal{
		{"profile yolox-nano --model braid-nano", []string{`"yolox-nano"`, "--model braid-nano", "leave one out"}},
		{"model inspect yolox-nano --model braid-nano", []string{`"yolox-nano"`, "--model braid-nano"}},
		{"model quantize yolox-nano --model braid-nano", []string{"--model braid-nano"}},
		{"plan a --model b", []string{"--model b"}},
		{"model inspect a b", []string{"one argument"}},
		{"plan nomodel --copies 2", []string{"--copies", "--measure"}},
		{"plan nomodel --input x.mp4", []string{"--input", "--measure"}},
		{"plan nomodel --measure 2 --objective energy", []string{"--measure", "--objective energy"}},
		{"plan nomodel --measure 2 --objective latency", []string{"--measure", "latency without --budget"}},
		{"plan nomodel --duration 1s", []string{"--duration", "--measure"}},
		{"model quantize nomodel --calibrate x --out x.onnx --ranges minmax --percentile 99", []string{"--percentile", "minmax"}},
		{"config init extra", []string{`"extra"`}},
		{"config schema extra", []string{`"extra"`}},
		{"config schema -c x.yaml", []string{"-c"}},
		{"config validate a.yaml -c b.yaml", []string{`"a.yaml"`, "--config b.yaml"}},
		{"completion foo", []string{`"foo"`}},
		{"completion bash foo", []string{`"foo"`}},
	})
}

// TestTheSameTwiceIsOnce: a name that is given both ways is no mistake.
func TestTheSameTwiceIsOnce(t *testing.T) {
	for _, args := range [][]string{
		{"model", "inspect", "nomodel", "--model", "nomodel"},
		{"config", "validate", "nofile.yaml", "-c", "nofile.yaml"},
	} {
		if err := called(t, args...); err == nil || app.ExitCode(err) == app.ExitCode(app.ErrUsage) {
			t.Errorf("%v: %v", args, err)
		}
	}
	for _, args := range [][]string{{"completion"}, {"config", "init"}, {"config", "schema"}} {
		if err := called(t, args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}
