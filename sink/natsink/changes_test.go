package natsink

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"braid/sink/wire"
)

// changedAt is the time of a camera's n-th change of state, in the tests.
func changedAt(n uint64) time.Time { return time.Unix(int64(1_000_000+n), 0).UTC() }

// change tells n more changes of a camera's state.
func (p *publisher) change(camera string, n int) {
	p.t.Helper()
	for range n {
		key := fmt.Sprintf("%s/%d", camera, p.run)
		p.changed[key]++
		m := wire.Camera{
			Site: "demo", Camera: camera, Run: strconv.Itoa(p.run),
			State: []string{wire.StateBackoff, wire.StateConnecting, wire.StatePlaying}[p.changed[key]%3], Since: changedAt(p.changed[key]),
		}
		if err := p.s.PublishCamera(&m); err != nil {
			p.t.Error(err)
		}
	}
}

// changes are the changes that the stream has, by number, for each run of each
// camera, in its order.
func (f *far) changes() map[string][]uint64 {
	f.t.Helper()
	numbers := map[string][]uint64{}
	for _, m := range f.messages(wire.StreamEvents) {
		n, camera := f.checkChange(m)
		numbers[camera] = append(numbers[camera], n)
	}
	return numbers
}

// checkChange holds the parts of a change against its number.
func (f *far) checkChange(m *jetstream.RawStreamMsg) (n uint64, camera string) {
	f.t.Helper()
	var c wire.Camera
	if err := json.Unmarshal(m.Data, &c); err != nil {
		f.t.Fatal(err)
	}
	n = uint64(c.Since.Unix() - changedAt(0).Unix())
	id := fmt.Sprintf("demo:%s:%s/state:%d", c.Camera, c.Run, n)
	if m.Header.Get(wire.HeaderMsgID) != id || m.Header.Get(wire.HeaderSchema) != wire.SchemaCamera || m.Subject != wire.CameraSubject("demo", c.Camera) {
		f.t.Errorf("%s of %s with %v, want the id %s", m.Data, m.Subject, m.Header, id)
	}
	return n, c.Camera + "/" + c.Run
}

// checkChanges holds the changes of the stream against those that were told: each
// once, in order, the last one of this life among them; those that are missing beside
// so many frames are counted, but for a last one that was dropped and told again.
func (p *publisher) checkChanges(stored map[string][]uint64, frames uint64) {
	p.t.Helper()
	missing := uint64(0)
	for key, told := range p.changed {
		last := uint64(0)
		for _, n := range stored[key] {
			if n <= last {
				p.t.Errorf("changes of %s: %d after %d", key, n, last)
			}
			last = n
		}
		if strings.HasSuffix(key, fmt.Sprintf("/%d", p.run)) && last != told {
			p.t.Errorf("changes of %s: the last is %d, want %d", key, last, told)
		}
		missing += told - uint64(len(stored[key]))
	}
	if dropped := p.lost + p.s.Dropped(); frames+missing > dropped || frames+missing+uint64(len(p.changed)) < dropped {
		p.t.Errorf("%d frames and %d changes are missing, %d are counted", frames, missing, dropped)
	}
}

// checkAll demands the changes 1 to n of a camera's run.
func checkAll(t *testing.T, got []uint64, n int) {
	t.Helper()
	if len(got) != n {
		t.Fatalf("the changes %v, want 1 to %d", got, n)
	}
	for i, have := range got {
		if have != uint64(i)+1 {
			t.Fatalf("the changes %v, want 1 to %d", got, n)
		}
	}
}

// TestChangesOfAnOutage: what happens to the cameras while the server is away, and
// while braid is killed meanwhile, is in the stream: each change, in order, once,
// with its own time. A subscriber ends with the last state.
func TestChangesOfAnOutage(t *testing.T) {
	f := newFar(t)
	p := newPublisher(t, f.url, 64<<20)
	p.change("a", 3)
	p.settle()
	f.stop()
	p.change("a", 40)
	p.write("a", 300)
	p.change("b", 7)
	p.change("a", 2)
	p.kill()
	p.start()
	p.change("a", 5)
	f.start()
	p.settle()
	got := f.changes()
	checkAll(t, got["a/1"], 45)
	checkAll(t, got["b/1"], 7)
	checkAll(t, got["a/2"], 5)

	// A break without a change: the state is told again, and not stored again.
	sub := f.listen(wire.CameraSubject("demo", "a"))
	if err := p.s.nc.ForceReconnect(); err != nil {
		t.Fatal(err)
	}
	m, err := sub.NextMsg(10 * time.Second)
	if err != nil || !strings.Contains(string(m.Data), changedAt(5).Format(time.RFC3339)) {
		t.Fatalf("told again: %v, %+v", err, m)
	}
	p.change("a", 1)
	p.settle()
	checkAll(t, f.changes()["a/2"], 6)
}

// TestChangesPushedOut: frames push all changes out of a full spool. The last state
// reaches the stream all the same.
func TestChangesPushedOut(t *testing.T) {
	f := newFar(t)
	p := newPublisher(t, f.url, 128<<10)
	f.stop()
	p.write("a", 16) // the window is full of them
	p.change("a", 9)
	p.write("a", 3000)
	f.start()
	p.settle()
	p.told(t)
	got := f.changes()["a/1"] // the file that the window's last frame is in is not dropped
	if len(got) > 8 || got[len(got)-1] != 9 || !slices.IsSorted(got) {
		t.Errorf("the changes %v, want some dropped and the last one last", got)
	}
}

// told returns when the last change of each camera is published.
func (p *publisher) told(t *testing.T) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		all := true
		p.s.mu.Lock()
		for _, rt := range p.s.ways {
			all = all && (rt.told >= rt.written || !rt.ofChanges())
		}
		p.s.mu.Unlock()
		if all {
			return
		}
		select {
		case <-p.s.idle:
		case <-late:
			t.Fatal("the last states are not told")
		}
	}
}

// TestChangesInMemory: without a spool they wait for MaxWait, as frames do. The last
// one is told after a longer outage too.
func TestChangesInMemory(t *testing.T) {
	for _, long := range []bool{false, true} {
		t.Run(fmt.Sprint("longer than MaxWait ", long), func(t *testing.T) {
			f := newFar(t)
			p := newPublisher(t, f.url, 0)
			f.stop()
			if long {
				p.cfg.MaxWait = 50 * time.Millisecond
				p.restart()
			}
			p.change("a", 12)
			if long {
				for p.s.Dropped() < 12 {
					<-p.s.idle
				}
				p.s.mu.Lock()
				p.s.cfg.MaxWait = time.Minute // the one that is told again has time
				p.s.mu.Unlock()
			}
			f.start()
			p.told(t)
			got := f.changes()[fmt.Sprintf("a/%d", p.run)]
			if !long {
				checkAll(t, got, 12)
			} else if len(got) != 1 || got[0] != 12 || p.s.Dropped() != 12 {
				t.Errorf("the changes %v, want the last one; %d dropped", got, p.s.Dropped())
			}
		})
	}
}

// restart ends the publisher in order and starts the next.
func (p *publisher) restart() {
	p.t.Helper()
	if err := p.s.Close(); err != nil {
		p.t.Error(err)
	}
	p.start()
}

// TestChangesWithoutTheirStream: frames do not wait for a stream that cannot be, and
// subscribers hear the changes.
func TestChangesWithoutTheirStream(t *testing.T) {
	f := newFar(t)
	nc, err := nats.Connect(f.url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"braid.v1.*.event.>"}}); err != nil {
		t.Fatal(err)
	}
	sub, err := nc.SubscribeSync("braid.v1.demo.camera.*")
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	p := newPublisher(t, f.url, 1<<20)
	p.change("a", 4)
	p.write("a", 50)
	p.settle()
	if n := len(f.stored()["a/1"]); n != 50 || p.s.Dropped() != 0 {
		t.Errorf("%d frames are stored, %d dropped", n, p.s.Dropped())
	}
	for n := uint64(1); n <= 4; n++ {
		m, err := sub.NextMsg(10 * time.Second)
		if err == nil && n > 1 && m.Header.Get(nats.ExpectedStreamHdr) == notStored { // the one before, as whenever a connection is there
			n--
		}
		if err != nil || !strings.Contains(string(m.Data), changedAt(n).Format(time.RFC3339)) {
			t.Fatalf("change %d: %v, %+v", n, err, m)
		}
	}
}

// TestChangesDoNotHoldUpFrames: the stream of changes refuses for now, and for ever.
func TestChangesDoNotHoldUpFrames(t *testing.T) {
	f := newFar(t)
	p := newPublisher(t, f.url, 1<<20)
	p.change("a", 1)
	p.settle()
	p.s.mu.Lock()
	rt := p.s.routeOf([]byte(wire.CameraSubject("demo", "a")))
	rt.subject = "braid.v1.demo.nowhere.a" // no stream takes it: the server answers that nobody is there
	p.s.mu.Unlock()
	p.change("a", 1)
	p.write("a", 50)
	p.settle()
	n := len(f.stored()["a/1"])
	if lost := p.s.Dropped(); n != 50 || lost < 1 || lost > 2 { // once more where it was told again
		t.Errorf("%d frames are stored, %d changes are lost", n, lost)
	}
}

// TestToldAgainBesideChanges: the last states are told again while they change. Nobody
// hears an older one behind a newer one, or ends with another than the last.
func TestToldAgainBesideChanges(t *testing.T) {
	f := newFar(t)
	sub := f.listen(wire.CameraSubject("demo", "a"))
	p := newPublisher(t, f.url, 1<<20)
	const n = 2000
	var again sync.WaitGroup
	stop := make(chan struct{})
	again.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			p.s.republish()
			runtime.Gosched()
		}
	})
	for range n {
		p.change("a", 1)
	}
	close(stop)
	again.Wait()
	p.settle()
	checkAll(t, f.changes()["a/1"], n)
	for last := uint64(0); last < n; {
		m, err := sub.NextMsg(10 * time.Second)
		if err != nil {
			t.Fatalf("after change %d: %v", last, err)
		}
		var c wire.Camera
		if err := json.Unmarshal(m.Data, &c); err != nil {
			t.Fatal(err)
		}
		heard := uint64(c.Since.Unix() - changedAt(0).Unix())
		if heard < last || heard > last+1 {
			t.Fatalf("change %d after %d", heard, last)
		}
		last = heard
	}
}

// TestRoutes: the kind of a message is told by its subject, whatever the site is called.
func TestRoutes(t *testing.T) {
	for _, site := range []string{"demo", "camera", "frame"} {
		for subject, changes := range map[string]bool{wire.FrameSubject(site, "camera"): false, wire.CameraSubject(site, "frame"): true} {
			if rt := newRoute(subject); rt.ofChanges() != changes || rt.subject != subject || subject != rt.subject[:len(subject)-len(rt.slug)]+rt.slug {
				t.Errorf("%s: %+v", subject, rt)
			}
		}
	}
}
