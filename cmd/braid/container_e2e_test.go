//go:build e2e

package main

import (
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"braid/internal/gst"
	"braid/internal/testdata"
)

// The image itself is built by hand, since that needs a container engine. These tests
// hold what its file names against the repository and this machine.

// instruction is a line of a Containerfile: "COPY", "--from=build /src/LICENSE /opt/braid/".
type instruction struct{ name, args string }

// containerfile is configs/container/Containerfile by stages, each with its FROM line
// first. Comments are left out and continued lines are joined.
func containerfile(t *testing.T) (build, final []instruction) {
	t.Helper()
	text := repoFile(t, "configs/container/Containerfile")
	text = regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "\\\n", " ")
	var stages [][]instruction
	for line := range strings.Lines(text) {
		name, args, ok := strings.Cut(strings.TrimSpace(line), " ")
		if name == "FROM" {
			stages = append(stages, nil)
		}
		if n := len(stages) - 1; ok && n >= 0 {
			stages[n] = append(stages[n], instruction{name, strings.Join(strings.Fields(args), " ")})
		}
	}
	if len(stages) != 2 {
		t.Fatalf("%d stages, want one that builds and one that runs", len(stages))
	}
	return stages[0], stages[1]
}

// repoFile is a file of the repository.
func repoFile(t *testing.T, name string) string {
	t.Helper()
	return string(read(t, filepath.Join(testdata.Root(t), name)))
}

// installed are the packages of the image, sorted.
func installed(t *testing.T) []string {
	t.Helper()
	_, final := containerfile(t)
	for _, i := range final {
		if _, rest, ok := strings.Cut(i.args, "apt-get install -y --no-install-recommends "); ok {
			list, _, _ := strings.Cut(rest, " &&")
			return slices.Sorted(slices.Values(strings.Fields(list)))
		}
	}
	t.Fatal("no line installs packages")
	return nil
}

// TestContainerPackages are those that doctor asks for, and those that setup installs.
func TestContainerPackages(t *testing.T) {
	const certificates, core = "ca-certificates", "libgstreamer1.0-0"
	doctor := map[string]bool{certificates: true}
	for _, e := range gst.Elements() {
		doctor[e.Package] = true
	}
	if got, want := installed(t), slices.Sorted(maps.Keys(doctor)); !slices.Equal(got, want) {
		t.Errorf("the image has\n%v, doctor looks for\n%v", got, want)
	}
	list := regexp.MustCompile(`(?s)\nlibraries=\((.*?)\)`).FindStringSubmatch(repoFile(t, "scripts/setup"))
	if list == nil {
		t.Fatal("scripts/setup has no list of libraries")
	}
	setup := map[string]bool{core: true} // which its -dev package brings
	for p := range strings.FieldsSeq(list[1]) {
		if !strings.HasSuffix(p, "-dev") {
			setup[p] = true
		}
	}
	if got, want := installed(t), slices.Sorted(maps.Keys(setup)); !slices.Equal(got, want) {
		t.Errorf("the image has\n%v, scripts/setup installs to run\n%v", got, want)
	}
}

// TestContainerLibraries: what braid and its runtimes are linked with is in the image's
// packages, or in those that they depend on.
func TestContainerLibraries(t *testing.T) {
	for _, tool := range []string{"ldd", "dpkg-query"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	search := []string{"--search"}
	for _, n := range regexp.MustCompile(`=> (/\S+)`).FindAllStringSubmatch(output(t, "ldd", binary, testdata.ORT(t), testdata.OpenVINO(t)), -1) {
		file, err := filepath.EvalSymlinks(n[1])
		if err != nil {
			t.Fatal(err)
		}
		// OpenVINO's own lie together, and are copied with it.
		if pattern := "*/" + filepath.Base(file); filepath.Base(filepath.Dir(file)) != "openvino" && !slices.Contains(search, pattern) {
			search = append(search, pattern)
		}
	}
	in := dependencies(t, installed(t))
	found := 0
	for line := range strings.Lines(output(t, "dpkg-query", search...)) {
		found++
		if owner, _, _ := strings.Cut(line, ":"); !in[owner] {
			t.Errorf("the image does not have the package of %s", strings.TrimSpace(line))
		}
	}
	if found < 10 || found < len(search)-1 {
		t.Errorf("%d packages of %d libraries: braid is linked with more", found, len(search)-1)
	}
}

// dependencies are packages and all that they depend on, of those on this machine.
func dependencies(t *testing.T, packages []string) map[string]bool {
	t.Helper()
	depends := map[string][]string{}
	for line := range strings.Lines(output(t, "dpkg-query", "--show", "--showformat=${Package},${Pre-Depends},${Depends}\n")) {
		// "a (>= 1) | b:any, c" names a, b and c.
		names := regexp.MustCompile(`\s*\([^)]*\)|:any`).ReplaceAllString(strings.TrimSpace(line), "")
		fields := strings.FieldsFunc(names, func(r rune) bool { return strings.ContainsRune(",| ", r) })
		depends[fields[0]] = fields[1:]
	}
	in := map[string]bool{}
	for todo := packages; len(todo) > 0; todo = todo[1:] {
		if p := todo[0]; !in[p] {
			in[p] = true
			todo = append(todo, depends[p]...)
		}
	}
	return in
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

// TestContainerBuilds: the builder's Go is the one of go.mod, what it copies is there,
// and what git ignores does not go to it.
func TestContainerBuilds(t *testing.T) {
	build, _ := containerfile(t)
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(repoFile(t, "go.mod"))
	if want := "docker.io/library/golang:" + version[1] + "-bookworm AS build"; build[0].args != want {
		t.Errorf("FROM %s, want %s", build[0].args, want)
	}
	for _, i := range build {
		if files := strings.Fields(i.args); i.name == "COPY" {
			for _, file := range files[:len(files)-1] {
				if _, err := os.Stat(filepath.Join(testdata.Root(t), file)); err != nil {
					t.Error(err)
				}
			}
		}
	}
	kept := strings.Fields(repoFile(t, ".dockerignore"))
	for ignored := range strings.FieldsSeq(repoFile(t, ".gitignore") + "\n/.git") {
		// git means a name in every folder by what .dockerignore writes as **/name; a path in every folder both write so.
		pattern, rooted := strings.CutPrefix(strings.TrimSuffix(ignored, "/"), "/")
		if !rooted {
			pattern = "**/" + strings.TrimPrefix(pattern, "**/")
		}
		if !slices.Contains(kept, pattern) {
			t.Errorf(".dockerignore does not have %s", pattern)
		}
	}
}

// TestContainerPlaces lays the program and its files out as the image has them, and
// lets it find them.
func TestContainerPlaces(t *testing.T) {
	_, final := containerfile(t)
	image := t.TempDir()
	cmd := command(t, "doctor", "-o", "json", "--set", "nats.listen=127.0.0.1:0")
	cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "BRAID_") || strings.HasPrefix(v, "XDG_") })
	for _, i := range final {
		switch i.name {
		case "COPY":
			lay(t, image, strings.Fields(i.args))
		case "ENV":
			for v := range strings.FieldsSeq(i.args) {
				if name, dir, _ := strings.Cut(v, "="); name != "PATH" {
					cmd.Env = append(cmd.Env, name+"="+image+dir)
				}
			}
		case "ENTRYPOINT":
			cmd.Path = image + strings.Trim(i.args, `["]`)
		case "VOLUME":
			for dir := range strings.SplitSeq(strings.Trim(i.args, "[]"), ", ") {
				if err := os.MkdirAll(image+strings.Trim(dir, `"`), 0o700); err != nil {
					t.Fatal(err)
				}
			}
		case "WORKDIR":
			cmd.Dir = image + i.args
		}
	}
	places := map[string]string{}
	r := finish(t, cmd)
	for _, c := range decode[[]struct{ Name, Status, Detail string }](t, r) {
		places[c.Name] = c.Detail
	}
	for name, want := range map[string]string{
		"ONNX Runtime": "at " + image + "/opt/braid/.deps/onnxruntime/",
		"cache folder": image + "/var/cache/braid",
		"state folder": image + "/var/lib/braid",
	} {
		if !strings.Contains(places[name], want) {
			t.Errorf("%s: %q, want %s", name, places[name], want)
		}
	}
}

// lay does a COPY of the final stage by a link. The program is the one under test, and
// linked hard: it looks for files beside itself.
func lay(t *testing.T, image string, args []string) {
	t.Helper()
	if len(args) != 3 || args[0] != "--from=build" || !strings.HasPrefix(args[1], "/src/") {
		t.Fatalf("COPY %v takes nothing from the builder", args)
	}
	source, to := strings.TrimPrefix(args[1], "/src/"), image+args[2]
	if strings.HasSuffix(args[2], "/") {
		to += path.Base(source)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if source == "bin/braid" {
		if err := os.Link(binary, to); err != nil {
			t.Fatal(err)
		}
		return
	}
	from := filepath.Join(testdata.Root(t), source)
	if _, err := os.Stat(from); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(from, to); err != nil {
		t.Fatal(err)
	}
}
