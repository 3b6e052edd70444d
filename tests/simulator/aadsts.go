package simulator

import (
	"net/http"
	"strconv"
	"strings"
)

// aadsts is one error of the token endpoint.
type aadsts struct {
	status int
	kind   string // the OAuth error
	text   string // {app} and {tenant} stand for those of the request, {detail} for what is wrong with it
}

// aadstsErrors are the codes that the simulator can answer.
var aadstsErrors = map[int]aadsts{
	7000215: {http.StatusUnauthorized, "invalid_client", "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{app}'."},
	7000222: {http.StatusUnauthorized, "invalid_client", "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds."},
	7000216: {http.StatusUnauthorized, "invalid_client", "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."},
	7000218: {http.StatusUnauthorized, "invalid_client", "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
	700027:  {http.StatusUnauthorized, "invalid_client", "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {detail}]"},
	700021:  {http.StatusUnauthorized, "invalid_client", "Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials."},
	700023:  {http.StatusUnauthorized, "invalid_client", "Client assertion audience claim does not match Realm issuer. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials."},
	700211:  {http.StatusUnauthorized, "invalid_client", "No matching federated identity record found for presented assertion issuer '{detail}'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion."},
	700212:  {http.StatusUnauthorized, "invalid_client", "No matching federated identity record found for presented assertion audience '{detail}'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion."},
	700213:  {http.StatusUnauthorized, "invalid_client", "No matching federated identity record found for presented assertion subject '{detail}'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion."},
	700024:  {http.StatusUnauthorized, "invalid_client", "Client assertion is not within its valid time range."},
	70002:   {http.StatusUnauthorized, "invalid_client", "Error validating credentials."},
	700016:  {http.StatusBadRequest, "unauthorized_client", "Application with identifier '{app}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."},
	700011:  {http.StatusBadRequest, "unauthorized_client", "Application with identifier '{app}' was not found in any of the directories."},
	70001:   {http.StatusBadRequest, "unauthorized_client", "The application named '{app}' was not found or is disabled."},
	90002:   {http.StatusBadRequest, "invalid_request", "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."},
	900023:  {http.StatusBadRequest, "invalid_request", "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."},
	900144:  {http.StatusBadRequest, "invalid_request", "The request body must contain the following parameter: 'grant_type', 'client_id' and 'scope' or 'resource'."},
	900561:  {http.StatusBadRequest, "invalid_request", "The endpoint only accepts POST requests. Received a GET request."},
	90038:   {http.StatusBadRequest, "invalid_request", "Tenant '{tenant}' request is being redirected to the National Cloud 'MicrosoftOnline.US'."},
	70003:   {http.StatusBadRequest, "unsupported_grant_type", "The app requested an unsupported grant type."},
	500011:  {http.StatusBadRequest, "invalid_resource", "The resource principal was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."},
	650057:  {http.StatusBadRequest, "invalid_resource", "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration."},
	650052:  {http.StatusBadRequest, "invalid_resource", "The app is trying to access a service that your organization '{tenant}' lacks a service principal for."},
	65001:   {http.StatusBadRequest, "invalid_grant", "The user or administrator has not consented to use the application with ID '{app}'. Send an interactive authorization request for this user and resource."},
	70011:   {http.StatusBadRequest, "invalid_scope", "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid."},
	1002012: {http.StatusBadRequest, "invalid_scope", "The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."},
	901002:  {http.StatusBadRequest, "invalid_request", "The 'resource' request parameter is not supported."},
	53003:   {http.StatusBadRequest, "invalid_grant", "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."},
	50196:   {http.StatusBadRequest, "invalid_grant", "The server terminated an operation because it encountered a client request loop. Please contact your app vendor."},
	90055:   {http.StatusTooManyRequests, "temporarily_unavailable", "The server has terminated an operation because it received too many requests."},
	50033:   {http.StatusServiceUnavailable, "temporarily_unavailable", "A transient error has occurred. Please try again."},
	90033:   {http.StatusServiceUnavailable, "temporarily_unavailable", "A transient error has occurred. Please try again."},
	90006:   {http.StatusServiceUnavailable, "temporarily_unavailable", "Service is unavailable. Please try again."},
}

// aadError is an error of the token endpoint with the field set of the real one.
func (c *call) aadError(code int) reply {
	e := aadstsErrors[code]
	number := strconv.Itoa(code)
	stamp := c.now.Format("2006-01-02 15:04:05Z")
	trace, correlation := c.newGUID(), c.newGUID()
	text := strings.NewReplacer("{app}", c.opts.ClientID, "{tenant}", c.tenant, "{detail}", c.detail).Replace(e.text)
	rep := jsonReply(e.status, struct {
		Error         string `json:"error"`
		Description   string `json:"error_description"`
		Codes         []int  `json:"error_codes"`
		Timestamp     string `json:"timestamp"`
		TraceID       string `json:"trace_id"`
		CorrelationID string `json:"correlation_id"`
		URI           string `json:"error_uri"`
	}{
		Error: e.kind,
		Description: "AADSTS" + number + ": " + text + "\r\nTrace ID: " + trace +
			"\r\nCorrelation ID: " + correlation + "\r\nTimestamp: " + stamp,
		Codes: []int{code}, Timestamp: stamp, TraceID: trace, CorrelationID: correlation,
		URI: c.base + "/error?code=" + number,
	})
	rep.code = "AADSTS" + number
	return rep
}
