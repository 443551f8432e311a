package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// part is a file that is not whole yet. It is locked: one process at a time
// writes it.
type part struct {
	mark
	target File
	file   *os.File // at its end
	size   int64
	hash   hash.Hash // of what is in it
}

// mark says which file a part is of. It lies beside the part, as JSON.
type mark struct {
	SHA256    string `json:"sha256"`    // wanted of the whole
	Validator string `json:"validator"` // the server's ETag or date; "": it cannot go on
}

func (f File) part() string { return f.Path + ".part" }
func (f File) mark() string { return f.Path + ".part.json" }

// there says whether the file is in its place. The error wraps ErrOccupied where
// something else is.
func (f File) there() (bool, error) {
	file, err := os.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return false, err
	}
	if sum := hexSum(h); sum != f.SHA256 {
		return false, fmt.Errorf("%w: %s has sha256 %s, not %s", ErrOccupied, f.Path, sum, f.SHA256)
	}
	return true, nil
}

// openPart opens and locks a file's part, as far as it has come: empty where it
// is new, of another file, or of a server that cannot go on.
func openPart(target File) (*part, error) {
	file, err := lock(target)
	if err != nil {
		return nil, err
	}
	p := &part{target: target, file: file, hash: sha256.New()}
	data, err := os.ReadFile(target.mark())
	if err == nil {
		err = json.Unmarshal(data, &p.mark)
	}
	if err != nil || p.SHA256 != target.SHA256 || p.Validator == "" {
		err = p.clear()
	} else {
		p.size, err = io.Copy(p.hash, file)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// lock opens the part's file for one process. A file that was renamed or removed
// between the opening and the lock is no longer the part: then it begins anew.
func lock(target File) (*os.File, error) {
	for {
		file, err := os.OpenFile(target.part(), os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = fmt.Errorf("%w: %s is locked", ErrBusy, target.part())
		}
		if err != nil {
			file.Close()
			return nil, err
		}
		locked, err := file.Stat()
		named, err2 := os.Stat(target.part())
		if err == nil && err2 == nil && os.SameFile(locked, named) {
			return file, nil
		}
		file.Close()
		if err != nil || err2 != nil && !errors.Is(err2, fs.ErrNotExist) {
			return nil, errors.Join(err, err2)
		}
	}
}

// begin empties the part for a file that the server marks by v.
func (p *part) begin(v string) error {
	if err := p.clear(); err != nil {
		return err
	}
	p.mark = mark{p.target.SHA256, v}
	data, err := json.Marshal(p.mark)
	if err != nil {
		return err
	}
	return os.WriteFile(p.target.mark(), append(data, '\n'), 0o644)
}

// restart empties the part because of why, and asks for another try.
func (p *part) restart(why error) error {
	if err := p.clear(); err != nil {
		return err
	}
	return &brokenError{why}
}

func (p *part) clear() error {
	p.size = 0
	p.hash.Reset()
	if info, err := p.file.Stat(); err != nil || info.Size() == 0 {
		return err
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return p.file.Truncate(0)
}

// write appends. What of it reached the file counts, also where it fails.
func (p *part) write(data []byte) error {
	n, err := p.file.Write(data)
	p.size += int64(n)
	p.hash.Write(data[:n])
	return err
}

func (p *part) sum() string   { return hexSum(p.hash) }
func (p *part) matches() bool { return p.sum() == p.target.SHA256 }

// commit puts the whole file into its place, so that it is there also after a
// power failure.
func (p *part) commit() error {
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(p.target.part(), p.target.Path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(p.target.Path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return errors.Join(folder.Sync(), gone(p.target.mark()))
}

// canGoOn says whether the server can be asked for the rest.
func (p *part) canGoOn() bool { return p.size > 0 && p.Validator != "" }

// keep leaves the part of a transfer that broke off for a later call and says so
// beside the reason, where a call can go on from it; otherwise nothing is left.
func (p *part) keep(why error) error {
	if !p.canGoOn() {
		return errors.Join(why, p.discard())
	}
	return fmt.Errorf("%w; %.1f MB are kept in %s, the same command goes on from there", why, float64(p.size)/1e6, p.target.part())
}

func (p *part) discard() error {
	return errors.Join(gone(p.target.part()), gone(p.target.mark()))
}

// close gives up the lock.
func (p *part) close() { _ = p.file.Close() } // what matters was synced

func gone(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
