// Package transcript keeps what a command prints and shows it, line by line, as
// the status of its resource.
package transcript

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
)

// Recorder collects the two output streams of one command, apart for the
// outputs and together, in the order of arrival, for an error.
type Recorder struct {
	mu             sync.Mutex
	stdout, stderr stream
	together       bytes.Buffer
	show           func(line string)
}

type stream struct {
	recorder *Recorder
	text     bytes.Buffer
	shown    bool
	line     bytes.Buffer // what came after the last line break
}

// New makes a recorder that shows the streams that mode names in the engine's
// display, and nothing of the others.
func New[L ~string](ctx context.Context, mode *L) *Recorder {
	logger := p.GetLogger(ctx)
	r := &Recorder{show: logger.InfoStatus}
	showStdout, showStderr := shows(mode)
	r.stdout = stream{recorder: r, shown: showStdout}
	r.stderr = stream{recorder: r, shown: showStderr}
	return r
}

// Stdout is where the command's standard output goes.
func (r *Recorder) Stdout() io.Writer { return &r.stdout }

// Stderr is where the command's standard error goes.
func (r *Recorder) Stderr() io.Writer { return &r.stderr }

func (s *stream) Write(chunk []byte) (int, error) {
	r := s.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	s.text.Write(chunk)
	r.together.Write(chunk)
	if s.shown {
		s.showLines(chunk)
	}
	return len(chunk), nil
}

func (s *stream) showLines(chunk []byte) {
	for {
		head, rest, found := bytes.Cut(chunk, []byte("\n"))
		s.line.Write(head)
		if !found {
			return
		}
		s.flush()
		chunk = rest
	}
}

func (s *stream) flush() {
	s.recorder.show(strings.TrimSuffix(s.line.String(), "\r"))
	s.line.Reset()
}

// Finish shows what is left of an unfinished line and returns both outputs, each
// without its last line break. An err of the command comes back with the command
// and all that it printed.
func (r *Recorder) Finish(command string, err error) (stdout, stderr string, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range []*stream{&r.stdout, &r.stderr} {
		if s.line.Len() > 0 {
			s.flush()
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("%w: running %q:\n%s", err, command, r.together.String())
	}
	return strings.TrimSuffix(r.stdout.text.String(), "\n"), strings.TrimSuffix(r.stderr.text.String(), "\n"), nil
}
