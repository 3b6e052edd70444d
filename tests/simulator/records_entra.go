package simulator

// Entra ID: types 8 and 15. Neither has sequential Ids.
var entraSchedule = []family{
	{write: signIn},
	{write: signIn},
	{write: signInFailed},
	{write: directoryChange},
	{write: signIn},
	{write: signIn},
	{write: signInFailed},
	{write: roleAssigned},
	{write: signIn},
	{write: signInService},
	{write: consent},
	{write: signIn},
}

type application struct{ id, name string }

var applications = []application{
	{"00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online"},
	{"00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online"},
	{"00000003-0000-0000-c000-000000000000", "Microsoft Graph"},
	{"1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams"},
	{"89bee1f7-5e6e-4d8a-9f3d-ecd601259da7", "Office365 Shell WCSS-Client"},
}

type loginError struct{ number, name string }

var loginErrors = []loginError{
	{"50126", "InvalidUserNameOrPassword"},
	{"500121", "AuthenticationFailedSasError"},
	{"50053", "IdsLocked"},
	{"50034", "UserAccountNotFound"},
	{"53003", "BlockedByConditionalAccess"},
	{"50076", "UserStrongAuthClientAuthNRequiredInterrupt"},
}

func signIn(d *draft) {
	d.signIn("UserLoggedIn", "Success", loginError{number: "0"})
}

// signInFailed says Success in two of three records, as 145 of 216 real ones
// did: ResultStatus is about the HTTP exchange.
func signInFailed(d *draft) {
	result := "Failed"
	if d.r.chance(67) {
		result = "Success"
	}
	d.signIn("UserLoginFailed", result, pick(&d.r, loginErrors))
}

func (d *draft) signIn(operation, result string, problem loginError) {
	u, app, ip := d.user(), pick(&d.r, applications), d.ip()
	d.head(head{
		operation: operation, result: result, userKey: u.object, recordType: 15,
		workload: "AzureActiveDirectory", ip: ip, object: app.id, user: u.upn,
	})
	d.num("AzureActiveDirectoryEventType", 1)
	d.pairs("ExtendedProperties",
		"ResultStatusDetail", "Success", "UserAgent", d.agent(),
		"UserAuthenticationMethod", pick(&d.r, []string{"1", "9", "16"}), "RequestType", pick(&d.r, []string{"OAuth2:Authorize", "SAS:EndAuth", "Login:login"}))
	d.raw("ModifiedProperties", "[]")
	d.actor(u)
	d.str("ActorContextId", d.g.tenant)
	d.str("ActorIpAddress", ip)
	d.guid("InterSystemsId")
	d.str("IntraSystemId", string(d.id))
	d.str("SupportTicketId", "")
	d.target(app.id, 0)
	d.str("TargetContextId", d.g.tenant)
	d.str("ApplicationId", app.id)
	d.pairs("DeviceProperties",
		"OS", pick(&d.r, []string{"Windows 10", "MacOs", "Linux", "Ios 18.6"}), "BrowserType", pick(&d.r, []string{"Edge", "Safari", "Firefox", "Chrome"}),
		"IsCompliantAndManaged", "False", "SessionId", d.newGUID())
	d.str("ErrorNumber", problem.number)
	d.optional("LogonError", problem.name)
}

func (d *draft) actor(u user) {
	d.array("Actor")
	d.identity(u.object, 0)
	d.identity(u.upn, 5)
	d.endArray()
}

func (d *draft) target(id string, kind int) {
	d.array("Target")
	d.identity(id, kind)
	d.endArray()
}

// identity is an entry of Actor or Target; 0 is a claim, 2 other, 4 an SPN, 5 a UPN.
func (d *draft) identity(id string, kind int) {
	d.element()
	d.str("ID", id)
	d.num("Type", kind)
	d.end()
}

func signInService(d *draft) {
	app := pick(&d.r, applications)
	principal := d.stableGUID("service principal", uint64(d.r.intn(6))) //nolint:gosec // below six
	d.head(head{
		operation: "UserLoggedIn", result: "Succeeded", userKey: "Not Available", userType: 4, recordType: 15,
		workload: "AzureActiveDirectory", ip: d.ip4(), object: app.id, user: "ServicePrincipal_" + principal,
	})
	d.num("AzureActiveDirectoryEventType", 1)
	d.pairs("ExtendedProperties", "ResultStatusDetail", "Success", "RequestType", "OAuth2:Token")
	d.raw("ModifiedProperties", "[]")
	d.array("Actor")
	d.identity(principal, 4)
	d.endArray()
	d.strs("ActorContextId", d.g.tenant, "ActorIpAddress", "", "InterSystemsId", d.newGUID(), "IntraSystemId", string(d.id), "SupportTicketId", "")
	d.target(app.id, 0)
	d.strs("TargetContextId", d.g.tenant, "ApplicationId", app.id)
	d.raw("DeviceProperties", "[]")
	d.str("ErrorNumber", "0")
}

// directoryChange has pretty-printed JSON with CR LF in its values.
func directoryChange(d *draft) {
	admin, u := d.user(), d.user()
	d.directory("Update user.", admin, u.upn)
	d.pairs("ExtendedProperties", "additionalDetails", `{"UserType":"Member","User-Agent":"EvoSTS"}`, "extendedAuditEventCategory", "User")
	d.array("ModifiedProperties")
	d.change("StrongAuthenticationRequirement", "[\r\n  {\r\n    \"CredentialType\": 2,\r\n    \"State\": 1\r\n  }\r\n]", "[]")
	d.change("DisplayName", "[\r\n  \""+u.name+"\"\r\n]", "[\r\n  \""+names[0]+"\"\r\n]")
	d.change("Included Updated Properties", "StrongAuthenticationRequirement, DisplayName", "")
	d.endArray()
	d.systems(admin)
	d.array("Target")
	d.identity("User_"+u.object, 2)
	d.identity(u.object, 2)
	d.identity("User", 2)
	d.identity(u.upn, 5)
	d.identity(u.puid, 3)
	d.endArray()
	d.str("TargetContextId", d.g.tenant)
}

func roleAssigned(d *draft) {
	admin, u := d.user(), d.user()
	d.directory("Add member to role.", admin, u.upn)
	d.pairs("ExtendedProperties", "additionalDetails", "{}", "extendedAuditEventCategory", "Role")
	d.array("ModifiedProperties")
	d.change("Role.ObjectID", "29232cdf-9323-42fd-ade2-1d097af3e4de", "")
	d.change("Role.DisplayName", "Exchange Administrator", "")
	d.change("Role.TemplateId", "29232cdf-9323-42fd-ade2-1d097af3e4de", "")
	d.endArray()
	d.systems(admin)
	d.target(u.upn, 5)
	d.str("TargetContextId", d.g.tenant)
}

func consent(d *draft) {
	admin := d.user()
	app := d.stableGUID("consented application", uint64(d.r.intn(9))) //nolint:gosec // below nine
	d.directory("Consent to application.", admin, app)
	d.pairs("ExtendedProperties",
		"additionalDetails", `{"User-Agent":"EvoSTS","AppId":"`+app+`","NestedText":"{\"scope\":\"Mail.Read offline_access\"}"}`,
		"extendedAuditEventCategory", "ServicePrincipal")
	d.array("ModifiedProperties")
	d.change("ConsentContext.IsAdminConsent", "True", "")
	d.change("ConsentAction.Permissions", "[] => [[Id: "+d.newGUID()+", ClientId: "+app+", PrincipalId: , ResourceId: "+d.newGUID()+", ConsentType: AllPrincipals, Scope: Mail.Read offline_access, CreatedDateTime: , LastModifiedDateTime ]]; ", "")
	d.change("TargetId.ServicePrincipalNames", app, "")
	d.endArray()
	d.systems(admin)
	d.target(app, 2)
	d.str("TargetContextId", d.g.tenant)
}

// directory is the head of type 8: addresses stand on two fifths of these.
func (d *draft) directory(operation string, u user, object string) {
	result, ip := "Success", ""
	if d.r.chance(5) {
		result = "Failure"
	}
	if d.r.chance(40) {
		ip = d.ip4()
	}
	d.head(head{
		operation: operation, result: result, userKey: u.puid + "@" + d.g.org, recordType: 8,
		workload: "AzureActiveDirectory", ip: ip, object: object, user: u.upn,
	})
	d.num("AzureActiveDirectoryEventType", 1)
}

func (d *draft) change(name, after, before string) {
	d.element()
	d.strs("Name", name, "NewValue", after, "OldValue", before)
	d.end()
}

func (d *draft) systems(u user) {
	d.actor(u)
	d.strs("ActorContextId", d.g.tenant, "InterSystemsId", d.newGUID(), "IntraSystemId", d.newGUID(), "SupportTicketId", "")
}
