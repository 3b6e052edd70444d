package activity

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wantClass is the other side of the book to codeRows: what the reference says
// about each code.
var wantClass = map[string]Class{
	"AF10001": Configuration,
	"AF20001": Configuration,
	"AF20002": Configuration,
	"AF20003": Configuration,
	"AF20010": Configuration,
	"AF20011": Configuration,
	"AF20012": Configuration,
	"AF20013": Configuration,
	"AF20020": Configuration,
	"AF20021": Configuration,
	"AF20022": Resubscribe,
	"AF20023": Resubscribe,
	"AF20024": Success,
	"AF20030": Window,
	"AF20031": PageLost,
	"AF20050": Gone,
	"AF20051": Gone,
	"AF20052": Quarantine,
	"AF20053": Configuration,
	"AF20054": Configuration,
	"AF20055": Window,
	"AF429":   Throttle,
	"429":     CoolDown,
	"AF50000": Retry,
	"AF50005": Retry,
	"AF50006": Retry,
}

func TestEveryCodeHasItsClassWhateverTheStatus(t *testing.T) {
	t.Parallel()
	require.Len(t, Table(), len(wantClass))
	for _, row := range Table() {
		t.Run(row.Code, func(t *testing.T) {
			t.Parallel()
			want, known := wantClass[row.Code]
			require.True(t, known)
			body := fmt.Sprintf(`{"error":{"code":%q,"message":"Too many frequent subscription start requests."}}`, row.Code)
			for _, status := range []int{200, 400, 401, 403, 404, 429, 500} {
				assert.Equal(t, want, Decide(status, row.Code, body), "status %d", status)
			}
			assert.NotEmpty(t, row.Meaning)
			assert.NotEmpty(t, row.Advice)
		})
	}
}

func TestAnswerWithoutCodeIsJudgedByStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]Class{
		0:                                        Retry,
		http.StatusOK:                            Retry,
		http.StatusFound:                         Retry,
		http.StatusTemporaryRedirect:             Retry,
		http.StatusBadRequest:                    Quarantine,
		http.StatusUnauthorized:                  Reauthenticate,
		http.StatusForbidden:                     Configuration,
		http.StatusNotFound:                      Quarantine,
		http.StatusProxyAuthRequired:             Configuration,
		http.StatusRequestTimeout:                Retry,
		http.StatusGone:                          Gone,
		http.StatusTeapot:                        Quarantine,
		http.StatusTooEarly:                      Retry,
		http.StatusTooManyRequests:               Throttle,
		http.StatusInternalServerError:           Retry,
		http.StatusBadGateway:                    Retry,
		http.StatusServiceUnavailable:            Retry,
		http.StatusGatewayTimeout:                Retry,
		599:                                      Retry,
		http.StatusNetworkAuthenticationRequired: Retry,
	} {
		assert.Equal(t, want, Decide(status, "", ""), "status %d", status)
		assert.Equal(t, want, Decide(status, "AF99999", "<html>"), "status %d with a code of tomorrow", status)
	}
}

func TestDecideReadsTheTextWhereTheCodeSaysNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		code   string
		body   string
		want   Class
	}{
		"auditing is off": {
			status: 400,
			code:   "StartSubscription [CorrId=1be932f4][TenantId=ead03517,ContentType=Audit.General][AppId",
			body:   `{"error":{"code":"StartSubscription [AppId","message":"864ee8e] failed. Exception: Microsoft.Office.Compliance.Audit.DataServiceException: Tenant ead03517 does not exist.\r\n at …"}}`,
			want:   AuditingOff,
		},
		"another exception of the service": {
			status: 500,
			body:   "Microsoft.Office.Compliance.Audit.DataServiceException: time-out",
			want:   Retry,
		},
		"a token without any permission": {
			status: 500,
			body:   "System.Collections.Generic.KeyNotFoundException: The given key was not present in the dictionary.",
			want:   Configuration,
		},
		"single quotes": {
			status: 500,
			body:   `{'error':{'code':'AF50000','message':'An internal error occurred. Retry the request.'}}`,
			want:   Retry,
		},
		"single quotes around another code": {
			status: 400,
			body:   `{'error':{'code':'AF20022'}}`,
			want:   Resubscribe,
		},
		"lower case": {
			status: 400,
			code:   " af20024 ",
			want:   Success,
		},
		"a code inside of a correlation id": {
			status: 502,
			body:   "<html>request 1BE9AF20051C",
			want:   Retry,
		},
		"a gateway's 429": {
			status: 429,
			code:   "429",
			body:   `{"error":{"code":"429","message":"Rate limit is exceeded."}}`,
			want:   Throttle,
		},
		"the cool-down with another status": {
			status: 429,
			code:   "429",
			body:   `{"error":{"code":"429","message":"Please retry again after 14m 56s."}}`,
			want:   CoolDown,
		},
		"throttling as 403": {
			status: 403,
			code:   "AF429",
			body:   `{"error":{"code":"AF429","message":"Too many requests. Method=GetBlob"}}`,
			want:   Throttle,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, Decide(c.status, c.code, c.body))
		})
	}
}

func TestEveryClassHasAName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for c := Retry; c <= Success; c++ {
		assert.NotEmpty(t, c.String())
		assert.False(t, seen[c.String()])
		seen[c.String()] = true
	}
}
