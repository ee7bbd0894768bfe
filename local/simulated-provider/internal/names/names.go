// Package names knows which names are taken, since a state knows its own objects only.
package names

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"sync"
	"syscall"
)

// File is the variable with the path of a file in which names outlive a run of Terraform, and meet
// those of other stacks. Without it names are known within one run.
const File = "SHOESTRING_SIMULATED_NAMES"

// Names that are taken, each by one object.
type Names struct {
	path string
	lock sync.Mutex
	held map[string]holder
}

type holder struct {
	// ID of the object.
	ID string `json:"id"`
	// Deleted says that somebody deleted what has the name.
	Deleted bool `json:"deleted,omitempty"`
}

// Load gives the names of the file that the environment names, if any.
func Load() *Names { return &Names{path: os.Getenv(File), held: map[string]holder{}} }

// Take gives a free name to a new object, and says whether it was free.
func (n *Names) Take(key, id string) (free bool, err error) {
	err = n.change(func() {
		now, taken := n.held[key]
		if free = !taken || now.Deleted; free {
			n.held[key] = holder{ID: id}
		}
	})
	return free, err
}

// Learn gives a name to an object that has had it, unless another one took it.
func (n *Names) Learn(key, id string) error {
	return n.change(func() {
		if _, taken := n.held[key]; !taken {
			n.held[key] = holder{ID: id}
		}
	})
}

// Overwrite gives a name to an object, whoever had it.
func (n *Names) Overwrite(key, id string) error {
	return n.change(func() { n.held[key] = holder{ID: id} })
}

// Release frees the name of an object.
func (n *Names) Release(key, id string) error {
	return n.change(func() {
		if n.held[key].ID == id {
			delete(n.held, key)
		}
	})
}

// Delete is what AWS does for a name, whichever object was meant by it.
func (n *Names) Delete(key string) error {
	return n.change(func() { n.held[key] = holder{Deleted: true} })
}

// IsDeleted says whether the object of a name was deleted by it.
func (n *Names) IsDeleted(key string) (deleted bool, err error) {
	err = n.change(func() { deleted = n.held[key].Deleted })
	return deleted, err
}

// change works on the newest names; runs of several stacks take turns.
func (n *Names) change(work func()) error {
	n.lock.Lock()
	defer n.lock.Unlock()
	if n.path == "" {
		work()
		return nil
	}
	turn, err := os.OpenFile(n.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer turn.Close()
	if err := syscall.Flock(int(turn.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	text, err := os.ReadFile(n.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	n.held = map[string]holder{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &n.held); err != nil {
			return err
		}
	}
	work()
	changed, err := json.Marshal(n.held)
	if err != nil || string(changed) == string(text) {
		return err
	}
	return os.WriteFile(n.path, changed, 0o600)
}
