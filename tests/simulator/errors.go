package simulator

import (
	"encoding/json"
	"net/http"
	"strings"
)

// apiStatus is the HTTP status of each AF code: observed for AF10001,
// AF20022 to AF20024, AF20055, AF429, 429 and AF50000, else the most plausible.
var apiStatus = map[string]int{
	"AF10001": http.StatusUnauthorized,
	"AF20001": http.StatusBadRequest, "AF20002": http.StatusBadRequest, "AF20003": http.StatusBadRequest,
	"AF20010": http.StatusBadRequest, "AF20011": http.StatusBadRequest, "AF20012": http.StatusBadRequest, "AF20013": http.StatusBadRequest,
	"AF20020": http.StatusBadRequest, "AF20021": http.StatusBadRequest, "AF20022": http.StatusBadRequest, "AF20023": http.StatusBadRequest, "AF20024": http.StatusBadRequest,
	"AF20030": http.StatusBadRequest, "AF20031": http.StatusBadRequest,
	"AF20050": http.StatusNotFound, "AF20051": http.StatusBadRequest, "AF20052": http.StatusBadRequest,
	"AF20053": http.StatusBadRequest, "AF20054": http.StatusBadRequest, "AF20055": http.StatusBadRequest,
	"AF429": http.StatusForbidden, "429": http.StatusForbidden,
	"AF50000": http.StatusInternalServerError, "AF50005": http.StatusInternalServerError, "AF50006": http.StatusInternalServerError,
}

// apiText is the message of codes that a fault names without one.
var apiText = map[string]string{
	"AF10001": "The permission set () sent in the request does not include the expected permission.",
	"AF20010": "The tenant ID passed in the URL does not match the tenant ID passed in the access token.",
	"AF20011": "Specified tenant ID does not exist in the system or has been deleted.",
	"AF20012": "Specified tenant ID is incorrectly configured in the system.",
	"AF20020": "The specified content type is not valid.",
	"AF20022": "No subscription found for the specified content type",
	"AF20023": "The subscription was disabled.",
	"AF20024": "The subscription is already enabled. No property change.",
	"AF20030": windowText,
	"AF20031": "Invalid nextPage Input: the page token is not valid.",
	"AF20050": "The specified content does not exist.",
	"AF20051": "Content requested with the key has already expired. Content older than 7 days cannot be retrieved.",
	"AF20052": "Content ID in the URL is invalid.",
	"AF20055": windowText,
	"AF50000": "An internal error occurred. Retry the request.",
	"AF50005": "An internal error occurred. Retry the request.",
	"AF50006": "An internal error occurred. Retry the request.",
	"429":     "Too many frequent subscription start requests. Please retry again after 14m 56s.",
}

type errorBody struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// apiError is an error of the API in its usual shape.
func apiError(code, text string) reply {
	rep := jsonReply(apiStatus[code], errorBody{errorDetail{Code: code, Message: text}})
	rep.code = code
	return rep
}

// message is an error of the web server in front of the API.
func message(status int, text string) reply {
	return jsonReply(status, struct{ Message string }{text})
}

// unauthorized is the 401 of a bad, expired or foreign token: 61 bytes, no AF code.
func unauthorized() *reply {
	rep := message(http.StatusUnauthorized, "Authorization has been denied for this request.")
	rep.header = [][2]string{{"WWW-Authenticate", "Bearer"}}
	return &rep
}

// dataServiceException is what a start answers while unified auditing is off:
// an exception text cut in two at its first colon.
func dataServiceException(c *call) reply {
	text := "StartSubscription [CorrId=" + c.newGUID() + "][TenantId=" + c.opts.TenantID +
		",ContentType=" + string(c.contentType()) + ",ApplicationId=" + c.opts.ClientID +
		",PublisherId=" + c.publisher() + "][AppId"
	rest := c.opts.ClientID + "] failed. Exception: Microsoft.Office.Compliance.Audit.DataServiceException: Tenant " +
		c.opts.TenantID + " does not exist.\r\n   at Microsoft.Office.Compliance.Audit.API.AzureManager." +
		"<GetSubscriptionTableClientForTenantAsync>d__52.MoveNext() in d:\\dbs\\sh\\nibr\\AzureManager.cs:line 2113\r\n"
	rep := jsonReply(http.StatusBadRequest, errorBody{errorDetail{Code: text, Message: rest}})
	rep.code = "DataServiceException"
	return rep
}

// codeOf reads the error code out of a body for the log.
func codeOf(body []byte) string {
	var api errorBody
	if json.Unmarshal(body, &api) == nil {
		return api.Error.Code
	}
	var token struct {
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &token) == nil {
		code, _, _ := strings.Cut(token.Description, ":")
		return code
	}
	return ""
}
