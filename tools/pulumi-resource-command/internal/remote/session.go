package remote

import (
	"context"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"tools.invalid/pulumi-resource-command/internal/lifecycle"
	"tools.invalid/pulumi-resource-command/internal/transcript"
)

// run runs a command with the inputs of the state and puts what it prints into
// the state's outputs. After a failure they are what they were.
func (s *CommandOutputs) run(ctx context.Context, command string) error {
	client, err := s.Connection.dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()

	if err := s.setEnvironment(ctx, session); err != nil {
		return err
	}
	if s.Stdin != nil && *s.Stdin != "" {
		session.Stdin = strings.NewReader(*s.Stdin)
	}
	record := transcript.New(ctx, s.Logging)
	session.Stdout, session.Stderr = record.Stdout(), record.Stderr()
	stdout, stderr, err := record.Finish(command, session.Run(command))
	if err != nil {
		return err
	}
	s.Stdout, s.Stderr = stdout, stderr
	return nil
}

// setEnvironment asks the server to set variables. A refused variable of the
// user's fails the command; a refused output of the step before only warns.
func (s *CommandOutputs) setEnvironment(ctx context.Context, session *ssh.Session) error {
	for name, value := range s.Environment {
		if err := session.Setenv(name, value); err != nil {
			p.GetLogger(ctx).Error(refused(name))
			return fmt.Errorf("could not set environment variable %q: %w", name, err)
		}
	}
	for _, v := range lifecycle.Previous(s.AddPreviousOutputInEnv, s.Stdout, s.Stderr) {
		if err := session.Setenv(v[0], v[1]); err != nil {
			p.GetLogger(ctx).Warning(refused(v[0]))
		}
	}
	return nil
}

func refused(name string) string {
	return fmt.Sprintf("Unable to set '%s'. This only works if your SSH server is configured to accept "+
		"these variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, "+
		"you could prefix the command itself with the variables in the form 'VAR=value command'", name)
}
