package local

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"tools.invalid/pulumi-resource-command/internal/lifecycle"
	"tools.invalid/pulumi-resource-command/internal/transcript"
)

// run runs a command with the inputs of the state and puts what it leaves behind
// into the state's outputs. After a failure they are what they were.
func (s *CommandOutputs) run(ctx context.Context, command string) error {
	process, err := s.process(ctx, command)
	if err != nil {
		return err
	}
	record := transcript.New(ctx, s.Logging)
	process.Stdout, process.Stderr = record.Stdout(), record.Stderr()
	stdout, stderr, err := record.Finish(command, process.Run())
	if err != nil {
		return err
	}
	if err := s.collect(process.Dir); err != nil {
		return err
	}
	s.Stdout, s.Stderr = stdout, stderr
	return nil
}

func (s *CommandOutputs) process(ctx context.Context, command string) (*exec.Cmd, error) {
	line := append(s.interpreter(), command)
	process := exec.CommandContext(ctx, line[0], line[1:]...)
	if s.Dir != nil {
		process.Dir = *s.Dir
	} else {
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		process.Dir = dir
	}
	process.Env = os.Environ()
	if s.Environment != nil {
		for name, value := range *s.Environment {
			process.Env = append(process.Env, name+"="+value)
		}
	}
	for _, v := range lifecycle.Previous(s.AddPreviousOutputInEnv, s.Stdout, s.Stderr) {
		process.Env = append(process.Env, v[0]+"="+v[1])
	}
	if s.Stdin != nil && *s.Stdin != "" {
		process.Stdin = strings.NewReader(*s.Stdin)
	}
	return process, nil
}

func (s *CommandOutputs) interpreter() []string {
	switch {
	case s.Interpreter != nil && len(*s.Interpreter) > 0:
		return append([]string(nil), *s.Interpreter...)
	case runtime.GOOS == "windows":
		return []string{"cmd", "/C"}
	default:
		return []string{"/bin/sh", "-c"}
	}
}
