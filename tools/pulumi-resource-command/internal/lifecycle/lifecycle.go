// Package lifecycle holds what local and remote commands have in common: which
// command runs at which step of a resource's life.
package lifecycle

import "github.com/pulumi/pulumi-go-provider/infer"

// Environment variables that hand a command what the one before it printed.
const (
	PreviousStdout = "PULUMI_COMMAND_STDOUT"
	PreviousStderr = "PULUMI_COMMAND_STDERR"
)

// Steps are the commands of a resource and what replaces it.
type Steps struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// Annotate describes the fields in the schema.
func (s *Steps) Annotate(a infer.Annotator) {
	a.Describe(&s.Triggers, "Values of any type; a change of any of them replaces the resource.")
	a.Describe(&s.Create, "The command that runs when the resource is created, and on a change of its "+
		"inputs if there is no `update`.")
	a.Describe(&s.Update, "The command that runs when an input other than a trigger changes.")
	a.Describe(&s.Delete, "The command that runs when the resource is deleted.")
}

// OnChange is the command for a changed resource: update, or else create. Nil
// means that there is nothing to run.
func (s *Steps) OnChange() *string {
	if s.Update != nil {
		return s.Update
	}
	return s.Create
}

// Previous lists, as name and value, what the step before printed. It is empty
// if wanted is false; nil stands for true.
func Previous(wanted *bool, stdout, stderr string) [][2]string {
	if wanted != nil && !*wanted {
		return nil
	}
	var vars [][2]string
	if stdout != "" {
		vars = append(vars, [2]string{PreviousStdout, stdout})
	}
	if stderr != "" {
		vars = append(vars, [2]string{PreviousStderr, stderr})
	}
	return vars
}
