package normalize

// outcome says how an operation went; "" where the record does not say.
type outcome string

const (
	success outcome = "success"
	failure outcome = "failure"
)

// statuses are the words of ResultStatus that say how it went, in lower case;
// AuthorizationFailure is Planner's.
// The others (InProgress, New, …) and no word at all say nothing, and a guess
// would be a lie.
var statuses = map[string]outcome{
	"failed": failure, "failure": failure, "false": failure, "error": failure, "blocked": failure, "authorizationfailure": failure,
	"success": success, "succeeded": success, "successful": success, "true": success, "partiallysucceeded": success, "completed": success,
}

// outcome decides event.outcome. A sign-in is decided by its Operation and
// LogonError alone: of 216 failed ones that were counted, 145 had ResultStatus
// Success, which is that of the HTTP exchange.
func (n *Normalizer) outcome() outcome {
	switch operation := n.fieldText(fieldOperation); {
	case n.dlp.is:
		return n.dlp.outcome()
	case equalFold(operation, "userloginfailed"), len(n.fieldText(fieldLogonError)) > 0:
		return failure
	case equalFold(operation, "userloggedin"):
		return success
	}
	var room [foldRoom]byte
	d := n.original()
	status, ok := n.scalar(&d, n.field(fieldResultStatus))
	if !ok {
		return ""
	}
	return statuses[string(fold(&room, n.str(status)))]
}

// isSignIn reports whether the record is a sign-in, for login_result.
func (n *Normalizer) isSignIn() bool {
	operation := n.fieldText(fieldOperation)
	return equalFold(operation, "userloginfailed") || equalFold(operation, "userloggedin") || len(n.fieldText(fieldLogonError)) > 0
}
