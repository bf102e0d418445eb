package transcript

import "github.com/pulumi/pulumi-go-provider/infer"

// The values of the input `logging`.
const (
	stdoutOnly = "stdout"
	stderrOnly = "stderr"
	both       = "stdoutAndStderr"
	none       = "none"
)

// Modes lists the values of `logging` for the schema; local and remote commands
// have each an enumeration of their own.
func Modes[L ~string]() []infer.EnumValue[L] {
	mode := func(value, description string) infer.EnumValue[L] {
		return infer.EnumValue[L]{Name: value, Value: L(value), Description: description}
	}
	return []infer.EnumValue[L]{
		mode(stdoutOnly, "Show standard output while the command runs"),
		mode(stderrOnly, "Show standard error while the command runs"),
		mode(both, "Show both while the command runs"),
		mode(none, "Show neither"),
	}
}

// shows tells which streams a mode shows; nil stands for both.
func shows[L ~string](mode *L) (stdout, stderr bool) {
	if mode == nil {
		return true, true
	}
	m := string(*mode)
	return m == stdoutOnly || m == both, m == stderrOnly || m == both
}
