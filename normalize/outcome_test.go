package normalize_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOutcomeIsWhatTheRecordSaysAndNoGuess(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, outcome, login, reason string }{
		{`{"Operation":"UserLoginFailed","ResultStatus":"Success","LogonError":"E","ErrorNumber":"500121"}`, "failure", "failure", "E"},
		{`{"Operation":"userloginfailed","ResultStatus":"Failed"}`, "failure", "failure", ""},
		{`{"Operation":"UserLoggedIn","ResultStatus":"Success","ErrorNumber":"0"}`, "success", "success", ""},
		{`{"Operation":"UserLoggedIn","ResultStatus":"Success","ErrorNumber":"50140"}`, "success", "success", ""},
		{`{"Operation":"UserLoggedIn","ResultStatus":"Success","LogonError":"E"}`, "failure", "failure", "E"},
		{`{"Operation":"Other","ErrorNumber":"500121"}`, "", "", ""},
		{`{"ResultStatus":"Failed"}`, "failure", "", ""},
		{`{"ResultStatus":"Failure"}`, "failure", "", ""},
		{`{"ResultStatus":"FALSE"}`, "failure", "", ""},
		{`{"ResultStatus":"False"}`, "failure", "", ""},
		{`{"ResultStatus":"Error"}`, "failure", "", ""},
		{`{"ResultStatus":"blocked"}`, "failure", "", ""},
		{`{"ResultStatus":"AuthorizationFailure"}`, "failure", "", ""},
		{`{"ResultStatus":false}`, "failure", "", ""},
		{`{"ResultStatus":"Success"}`, "success", "", ""},
		{`{"ResultStatus":"Succeeded"}`, "success", "", ""},
		{`{"ResultStatus":"Successful"}`, "success", "", ""},
		{`{"ResultStatus":"TRUE"}`, "success", "", ""},
		{`{"ResultStatus":true}`, "success", "", ""},
		{`{"ResultStatus":"PartiallySucceeded"}`, "success", "", ""},
		{`{"ResultStatus":"Completed"}`, "success", "", ""},
		{`{"ResultStatus":"InProgress"}`, "", "", ""},
		{`{"ResultStatus":"New"}`, "", "", ""},
		{`{"ResultStatus":""}`, "", "", ""},
		{`{"ResultStatus":null}`, "", "", ""},
		{`{"ResultStatus":["Success"]}`, "", "", ""},
		{`{"ResultStatus":0}`, "", "", ""},
		{`{"ResultStatus":"a very long text that is no status at all and goes on"}`, "", "", ""},
		{`{}`, "", "", ""},
	} {
		want := map[string]any{}
		for path, value := range map[string]string{"event.outcome": tt.outcome, "login_result": tt.login, "event.reason": tt.reason} {
			if value != "" {
				want[path] = value
			}
		}
		assert.Equal(t, want, pick(object(t, tt.text), "event.outcome", "login_result", "event.reason"), tt.text)
	}
}
