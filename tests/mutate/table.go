package main

// Where the rows look.
const (
	activity   = "plugin/internal/activity/"
	auth       = "plugin/internal/auth/"
	collector  = "plugin/internal/collector/"
	dedup      = "plugin/internal/dedup/"
	ledger     = "plugin/internal/ledger/"
	network    = "plugin/internal/network/"
	state      = "plugin/internal/state/"
	inActivity = "./plugin/internal/activity"
	inAuth     = "./plugin/internal/auth"
	inCollect  = "./plugin/internal/collector"
	inDedup    = "./plugin/internal/dedup"
	inLedger   = "./plugin/internal/ledger"
	inState    = "./plugin/internal/state"
)

// table is all rows.
func table() []mutation {
	var rows []mutation
	for _, part := range [][]mutation{codes(), statuses(), throttling(), tokens(), bodies(), subscriptions(), listings(), promises(), alerts(), disks(), bugs()} {
		rows = append(rows, part...)
	}
	return rows
}

// codes takes the rows out of the error table, one after the other.
func codes() []mutation {
	const listing, content = "TestListingErrorCodes/", "TestContentErrorCodes/"
	var rows []mutation
	for _, row := range []struct{ code, test string }{
		{"AF20001", listing + "AF20001"},
		{"AF20002", listing + "AF20002"},
		{"AF20003", listing + "AF20003"},
		{"AF20010", listing + "AF20010"},
		{"AF20011", listing + "AF20011"},
		{"AF20012", listing + "AF20012"},
		{"AF20013", listing + "AF20013"},
		{"AF20020", listing + "AF20020"},
		{"AF20021", listing + "AF20021"},
		{"AF20022", "TestAF20022AndAF20023StartTheSubscriptionOnceIn15Minutes/AF20022"},
		{"AF20023", "TestAF20022AndAF20023StartTheSubscriptionOnceIn15Minutes/AF20023"},
		{"AF20024", "TestAF20024IsASuccess"},
		{"AF20030", listing + "AF20030"},
		{"AF20031", "TestAF20031ListsTheWindowAgainFromItsFirstPageAndKeepsWhatItFound"},
		{"AF20050", content + "AF20050_Not_Found"},
		{"AF20051", content + "AF20051_Bad_Request"},
		{"AF20052", content + "AF20052_Gone"},
		{"AF20053", listing + "AF20053"},
		{"AF20054", listing + "AF20054"},
		{"AF20055", listing + "AF20055"},
		{"AF429", "TestThrottlingShutsTheGateForTheWholeTenant/af429_blob"},
		{"AF50000", content + "AF50000_Bad_Request"},
		{"AF50005", listing + "AF50005_Bad_Request"},
		{"AF50006", content + "AF50006_Bad_Request"},
	} {
		rows = append(rows, mutation{
			name: row.code, file: activity + "errors.go",
			old: `{Code: "` + row.code + `", Class`, new: `{Code: "taken out", Class`,
			pkg: inCollect, test: row.test,
		})
	}
	return append(rows,
		mutation{"AF10001", activity + "errors.go", `{Code: codeNoPermission, Class`, `{Code: "taken out", Class`, inCollect, listing + "AF10001"},
		mutation{"429, the cool-down", activity + "errors.go", `{Code: codeCoolDown, Class`, `{Code: "taken out", Class`, inCollect, "TestTheCoolDownOfAStartHoldsUpNoListing"},
		mutation{"auditing is off", activity + "errors.go", `{[]string{"DataServiceException", `, `{[]string{"taken out", `, inCollect, "TestAuditingThatIsOffIsSaidWithWhatToDo"},
		mutation{"KeyNotFoundException", activity + "errors.go", `{[]string{"KeyNotFoundException"}`, `{[]string{"taken out"}`, inActivity, "TestDecideReadsTheTextWhereTheCodeSaysNothing"},
		mutation{"a code in a body that is no JSON", activity + "decide.go", `if row := rowOfCode(found); row != nil {`, `if row := rowOfCode(found); false {`, inActivity, "TestDecideReadsTheTextWhereTheCodeSaysNothing"},
		mutation{"a new token after AF10001", activity + "client.go", `if refused.Status == http.StatusUnauthorized || refused.Code == codeNoPermission {`, `if refused.Code == "" {`, inCollect, "TestATokenWithoutRolesIsReplacedUntilConsentIsGiven"},
		mutation{"what to do is in the log", collector + "failure.go", `toDo: advice(err)`, `toDo: "nothing"`, inCollect, listing + "AF20010"},
		mutation{"a listing's error is logged once an hour", collector + "trouble.go", `case now.Sub(l.logged) < every:`, `case false:`, inCollect, listing + "AF50000"},
		mutation{"configuration is tried every 5 minutes", collector + "listingfailure.go", `		s.report(err, "cannot list; tried again every 5 minutes")
		return spread(configurationWait)`, `		s.report(err, "cannot list; tried again every 5 minutes")
		return spread(listRetryFirst)`, inCollect, listing + "AF20011"},
		mutation{"waits of a listing grow", collector + "listingfailure.go", `return spread(ledger.Backoff(listRetryFirst, listRetryMost, attempt))`, `return spread(listRetryFirst)`, inCollect, listing + "AF50000"},
		mutation{"waits after a lost page grow", collector + "listingfailure.go", `return ledger.Backoff(time.Second, listRetryMost, attempt)`, `return time.Second`, inCollect, "TestAF20031ListsTheWindowAgainFromItsFirstPageAndKeepsWhatItFound"},
	)
}

// statuses are answers without a code.
func statuses() []mutation {
	const content = "TestContentErrorCodes/"
	var rows []mutation
	for _, row := range []struct{ name, old, new, test string }{
		{"401", `{Status: http.StatusUnauthorized, Class: Reauthenticate`, `{Status: http.StatusUnauthorized, Class: Retry`, "TestA401OnceIsAnsweredWithANewTokenAtOnce"},
		{"403", `{Status: http.StatusForbidden, Class: Configuration`, `{Status: http.StatusForbidden, Class: Retry`, content + "Forbidden"},
		{"404", `{Status: http.StatusNotFound, Class: Quarantine`, `{Status: http.StatusNotFound, Class: Gone`, content + "Not_Found"},
		{"407", `{Status: http.StatusProxyAuthRequired,`, `{Status: 999,`, content + "Proxy_Authentication_Required"},
		{"408", `{Status: http.StatusRequestTimeout,`, `{Status: 999,`, content + "Request_Timeout"},
		{"410", `{Status: http.StatusGone,`, `{Status: 999,`, content + "Gone"},
		{"425", `{Status: http.StatusTooEarly,`, `{Status: 999,`, content + "Too_Early"},
		{"3xx", `{Status: 3, Class: Retry`, `{Status: 3, Class: Configuration`, content + "Found"},
		{"4xx", `{Status: 4, Class: Quarantine`, `{Status: 4, Class: Gone`, content + "I'm_a_teapot"},
		{"500", `{Status: 5, Class: Retry`, `{Status: 5, Class: Quarantine`, content + "Internal_Server_Error"},
		{"502", `{Status: 5, Class: Retry`, `{Status: 5, Class: Gone`, content + "Bad_Gateway"},
		{"503", `{Status: 5, Class: Retry`, `{Status: 5, Class: Configuration`, content + "Service_Unavailable"},
		{"504", `{Status: 5, Class: Retry`, `{Status: 5, Class: Throttle`, content + "Gateway_Timeout"},
	} {
		rows = append(rows, mutation{row.name, activity + "errors.go", row.old, row.new, inCollect, row.test})
	}
	return append(rows,
		mutation{"a redirect is not followed", network + "client.go", `return http.ErrUseLastResponse`, `return nil`, inActivity, "TestRedirectIsNotFollowed"},
		mutation{"gone contents are done", collector + "failure.go", `c.outbox.complete(contentKey{j.ct, j.content.ID})`, `c.again(j, ledger.FaultOwn)`, inCollect, content + "AF20051_Not_Found"},
		mutation{"what must be changed is tried every 5 minutes", collector + "failure.go", `c.queue.hold(j.ct, c.now().Add(configurationWait))`, `c.queue.hold(j.ct, c.now().Add(time.Second))`, inCollect, content + "AF20010_Bad_Request"},
		mutation{"what must be changed for a type holds no other", collector + "failure.go", `c.queue.hold(j.ct, c.now().Add(configurationWait))`, `c.queue.withoutToken(c.now(), func(int) time.Duration { return configurationWait })`, inCollect, "TestContentsThatMayNotBeFetchedHoldUpNoOtherType"},
		mutation{"five attempts, then quarantine", ledger + "retry.go", `c.Quarantined = true`, `c.Quarantined = false`, inCollect, content + "AF20052_Bad_Request"},
		mutation{"an outage for hours counts no attempts", collector + "queue.go", `	if len(q.failing) < outageAfter {
		return false
	}`, `	if len(q.failing) <= outageAfter {
		return false
	}`, inCollect, "TestAnOutageOfHoursPutsNothingIntoQuarantine"},
		mutation{"500 for six hours, listings", collector + "stream.go", `if w.To.Equal(w.To.Truncate(s.step)) {`, `if s.step > 0 {`, inCollect, "TestSixHoursOf500/listings"},
		mutation{"contents that fail for ever hold up no others", collector + "queue.go", `if h[i].inVain != h[k].inVain {`, `if false {`, inCollect, "TestContentsThatFailForEverHoldUpNoOthers"},
	)
}

func throttling() []mutation {
	const gate = "TestThrottlingShutsTheGateForTheWholeTenant/"
	return []mutation{
		{"throttled: the gate closes", collector + "gate.go", `g.until = until`, `_ = until`, inCollect, gate + "429_blob"},
		{"throttled: for contents", collector + "failure.go", `	case activity.Throttle:
		c.throttle(err)`, `	case activity.Throttle:
		c.queue.throttled(c.now())`, inCollect, gate + "429-seconds_blob"},
		{"throttled: for listings", collector + "listingfailure.go", `	case activity.Throttle:
		s.c.throttle(err)
		return time.Millisecond // the gate holds`, `	case activity.Throttle:
		return listRetryFirst`, inCollect, gate + "429_content-list"},
		{"throttled: Retry-After in seconds", activity + "refusal.go", `if seconds, err := strconv.ParseFloat(text, 64); err == nil {`, `if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds < 0 {`, inCollect, gate + "af429-seconds_blob"},
		{"throttled: Retry-After as a date", activity + "refusal.go", `return min(max(until.Sub(now), 0), maxRetryAfter)`, `return min(max(until.Sub(now), 0), 0)`, inCollect, gate + "429-date_blob"},
		{"throttled: without Retry-After, longer each time", collector + "gate.go", `ledger.Backoff(throttleFirst, throttleMost, g.throttles)`, `ledger.Backoff(throttleFirst, throttleFirst, g.throttles)`, inCollect, "TestThrottlesInARowWaitTwiceAsLongEachTime"},
		{"throttled: now and then does not add up", collector + "gate.go", `	g.throttles = 0
	return true`, `	return true`, inCollect, "TestThrottlesNowAndThenDoNotAddUp"},
		{"throttled: workers halve", collector + "queue.go", `a.now = max(1, a.workers(now)/2)`, `a.now = a.workers(now)`, inCollect, "TestWorkersHalveUnderThrottlingAndGrowBack"},
		{"throttled: workers grow back", collector + "queue.go", `for a.now < a.most && now.Sub`, `for false && now.Sub`, inCollect, "TestWorkersHalveUnderThrottlingAndGrowBack"},
		{"throttled: the token endpoint", auth + "errors.go", `return time.Duration(seconds) * time.Second`, `return 0 * time.Duration(seconds)`, inCollect, "TestAThrottledTokenEndpointIsGivenItsTime"},
		{"throttled: a start", collector + "subscription.go", `		s.c.throttle(err)
`, ``, inCollect, "TestAStartThatIsThrottledShutsTheGate"},
		{"one quota for five content types", collector + "gate.go", `if err := g.limiter.Wait(ctx); err != nil {`, `if err := ctx.Err(); err != nil {`, inCollect, "TestFiveContentTypesShareOneQuota"},
		{"PublisherIdentifier", activity + "client.go", `strings.Join(append(parameters, c.publisher), "&")`, `strings.Join(parameters, "&")`, inCollect, "TestFiveContentTypesShareOneQuota"},
	}
}

func tokens() []mutation {
	return []mutation{
		{"401 once: a new token at once", activity + "client.go", `if refused.class != Reauthenticate {`, `if refused != nil {`, inCollect, "TestA401OnceIsAnsweredWithANewTokenAtOnce"},
		{"401 in mid-page", activity + "client.go", `if refused.class != Reauthenticate {`, `if refused != nil {`, inCollect, "TestA401InMidPageCostsNoPage"},
		{"401 for ever: tried slowly", collector + "listingfailure.go", `case activity.AuditingOff, activity.Configuration, activity.Reauthenticate:`, `case activity.AuditingOff, activity.Configuration:`, inCollect, "TestA401ForEverIsTriedEvery5MinutesAndTokensAreNotAskedForInALoop"},
		{"a token ends in the middle of a scan", auth + "source.go", `return age >= 0 && age < limit }`, `return age >= 0 && age < 20*limit }`, inCollect, "TestATokenThatEndsInTheMiddleOfAScanCostsNoPage"},
		{"token endpoint down: growing waits", collector + "listingfailure.go", `return max(err.RetryAfter, ledger.Backoff(listRetryFirst, listRetryMost, attempt))`, `return listRetryFirst + 0*ledger.Backoff(listRetryFirst, listRetryMost, attempt)`, inCollect, "TestATokenEndpointThatIsDownForAnHour/token-503"},
		{"token endpoint down: contents wait", collector + "queue.go", `	q.until = ledger.Later(q.until, now.Add(d))
	return d`, `	return d`, inCollect, "TestATokenEndpointThatIsDownWhileContentsWaitIsNotHammered"},
		{"token endpoint slow", auth + "source.go", `context.WithTimeout(context.Background(), s.timeout)`, `context.WithTimeout(context.Background(), 100*s.timeout)`, inCollect, "TestASlowTokenEndpointIsWaitedForUntilTimeout"},
		{"wrong secret", auth + "errors.go", `{7000215, Configuration, `, `{1, Configuration, `, inAuth, "TestEveryCodeHasItsKindAndAdvice"},
		{"wrong or expired secret: tried slowly", collector + "listingfailure.go", `if err.Kind == auth.Configuration {`, `if err.Kind == auth.Configuration+1 {`, inCollect, "TestAnExpiredSecretIsSaidWithWhatToDo"},
		{"expired secret", auth + "errors.go", `{7000222, Configuration, `, `{1, Configuration, `, inCollect, "TestAnExpiredSecretIsSaidWithWhatToDo"},
		{"a token without roles", activity + "errors.go", `{Code: codeNoPermission, Class`, `{Code: "taken out", Class`, inCollect, "TestATokenWithoutRolesIsReplacedUntilConsentIsGiven"},
		{"a role that lacks for DLP.All", activity + "errors.go", `{Code: codeNoPermission, Class: Configuration`, `{Code: codeNoPermission, Class: Throttle`, inCollect, "TestARoleThatLacksForDLPAllStopsNoOtherContentType"},
	}
}

func bodies() []mutation {
	return []mutation{
		{"truncated", collector + "worker.go", `if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {`, `if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {`, inCollect, "TestATruncatedBodyGivesItsWholeRecordsAtOnceAndIsTriedAgain"},
		{"truncated once", collector + "worker.go", `		if err != nil {
			return errors.Join(err, out.send(ctx))
		}`, `		if err != nil {
			break
		}`, inCollect, "TestATruncatedBodyOnceIsTheWholeOneSoonAfter"},
		{"a broken connection", collector + "worker.go", `		if err != nil {
			return errors.Join(err, out.send(ctx))
		}`, `		if err != nil {
			break
		}`, inCollect, "TestAConnectionThatBreaksInABodyCostsNoRecordAndRepeatsNone"},
		{"empty", "normalize/split.go", `return &BlobError{Message: "the body is empty"}`, `return io.EOF`, inCollect, "TestABodyThatIsNoListOfRecordsIsTriedFiveTimesAndThenSlowly/empty"},
		{"HTML", collector + "failure.go", `	case errors.As(err, &blob) && blob.Code == "":
		c.failedOfItself(j, err)`, `	case errors.As(err, &blob) && blob.Code == "":
		c.gone(j, err)`, inCollect, "TestABodyThatIsNoListOfRecordsIsTriedFiveTimesAndThenSlowly/html"},
		{"wrong type: an error object", collector + "failure.go", `activity.Decide(http.StatusOK, blob.Code, blob.Message)`, `activity.Decide(http.StatusTeapot, "", "")`, inCollect, "TestAnErrorObjectInThePlaceOfAContentIsTheErrorThatItSays"},
		{"gzip", activity + "body.go", `if head[0] != gzipMagic {`, `if head[0] > 0 {`, inCollect, "TestLesson06WhateverComesInThePlaceOfAContentTheOthersArrive/gzip"},
		{"slow to start", network + "client.go", `ResponseHeaderTimeout:  s.Timeout,`, ``, inCollect, "TestABodyThatIsSlowToStartIsWaitedForUntilTimeoutAndNoLonger"},
		{"bodies that trickle free their workers", activity + "body.go", `int64(w.window.Seconds() * trickleRate)`, `int64(w.window.Seconds())`, inCollect, "TestEightBodiesThatTrickleFreeTheirWorkersAfterAMinuteAndTheOthersGoOn/trickle"},
		{"bodies that stall free their workers", activity + "body.go", `w.timer.Reset(w.limit())`, `w.timer.Reset(1000 * w.limit())`, inCollect, "TestEightBodiesThatTrickleFreeTheirWorkersAfterAMinuteAndTheOthersGoOn/stall"},
		{"bodies that trickle go to the back of the queue", collector + "queue.go", `if h[i].inVain != h[k].inVain {`, `if false {`, inCollect, "TestBodiesThatTrickleTakeNoWorkerFromABacklog"},
		{"poison: good records at once", collector + "worker.go", `return errors.Join(poison, out.send(ctx))`, `return poison`, inCollect, "TestAPoisonBlob"},
		{"poison: tried again", collector + "worker.go", `if poison.texts > 0 {`, `if poison.texts > 99 {`, inCollect, "TestAPoisonBlob"},
		{"poison: the text waits", collector + "worker.go", `if !j.content.LastAttempt() {`, `if false {`, inCollect, "TestAPoisonBlob"},
		{"poison: the text comes out", collector + "worker.go", `if !j.content.LastAttempt() {`, `if true {`, inCollect, "TestAPoisonBlob"},
		{"poison: growing waits", ledger + "retry.go", `limit, tries = ownWait, ownAttempts`, `limit, tries = elsewhereWait, ownAttempts`, inCollect, "TestAPoisonBlob"},
		{"poison: until it expires", collector + "worker.go", `!expires.IsZero() && w.c.serverNow().After(expires)`, `false && w.c.serverNow().After(expires)`, inCollect, "TestAPoisonBlob"},
		{"poison: what is behind it keeps its name", collector + "worker.go", `out.shifted = true`, `out.shifted = false`, inCollect, "TestRecordsBehindBrokenTextAreNotTakenForOthers"},
	}
}

func subscriptions() []mutation {
	return []mutation{
		{"one content type without permission", collector + "listingfailure.go", `case activity.AuditingOff, activity.Configuration, activity.Reauthenticate:`, `case activity.AuditingOff, activity.Reauthenticate:`, inCollect, "TestAContentTypeWithoutPermissionStopsNoOther"},
		{"a disabled subscription is started", collector + "listingfailure.go", `return s.restart(ctx, attempt)`, `return spread(configurationWait)`, inCollect, "TestASubscriptionThatAnAdministratorDisablesIsStartedWithinOneInterval"},
		{"at most one start in 15 minutes", collector + "subscription.go", `s.nextStart = s.c.now().Add(startEvery)`, `s.nextStart = s.c.now()`, inCollect, "TestAnAdministratorWhoDisablesASubscriptionAgainAndAgainMeetsOneStartIn15Minutes"},
		{"the cool-down is waited out", activity + "refusal.go", `return min(d, maxRetryAfter)`, `return min(d, time.Minute)`, inCollect, "TestAStartWaitsOutItsCoolDown"},
		{"the cool-down is no error", collector + "subscription.go", `case activity.ClassOf(err) == activity.CoolDown:`, `case false:`, inCollect, "TestTheCoolDownOfAStartHoldsUpNoListing"},
		{"what is enabled is not started", collector + "subscription.go", `if sub.ContentType == s.ct && sub.Enabled() {`, `if sub.ContentType == "" {`, inCollect, "TestASubscriptionIsNeverStopped"},
		{"auditing off: tried every 5 minutes", collector + "subscription.go", `case activity.AuditingOff, activity.Configuration, activity.Reauthenticate:`, `case activity.Configuration, activity.Reauthenticate:`, inCollect, "TestAuditingThatIsOffIsSaidWithWhatToDo"},
		{"auditing off later: says so", collector + "subscription.go", `causeOf("the subscription cannot be started", err)`, `cause{message: "the subscription cannot be started"}`, inCollect, "TestAuditingThatIsSwitchedOffLaterIsSaidToo"},
	}
}

func listings() []mutation {
	const lesson = "TestLesson04OddLinksToTheNextPageLoseNoContent/"
	return []mutation{
		{"a listing that goes in a circle", activity + "listing.go", `followed && at != page.Number`, `followed && at < 0`, inActivity, "TestListingInACircleIsAnError"},
		{"a foreign link is rebuilt", activity + "pagelink.go", `if !c.ours(link) {`, `if false {`, inCollect, lesson + "a_foreign_host"},
		{"NextPageUrl", activity + "listing.go", `firstOf(header.Get("NextPageUri"), header.Get("NextPageUrl"))`, `header.Get("NextPageUri")`, inCollect, lesson + "a_header_of_another_name"},
		{"an empty page with a next one", activity + "listing.go", `p.More = p.link != ""`, `p.More = p.link != "" && len(p.Contents) > 0`, inCollect, lesson + "an_empty_page_with_a_next_one"},
		{"a listing that failed covers nothing", collector + "listing.go", `Cut:      err != nil || result.cut,`, `Cut:      result.cut,`, inCollect, "TestAWindowThatFailsHoldsUpNoOther"},
		{"an empty answer is no empty list", activity + "listing.go", `return "", errEmptyAnswer`, `return "", nil`, inCollect, "TestEveryFaultThatPassesLosesNothing/list-empty"},
		{"an object is no list", activity + "listing.go", `case text != "":`, `case false:`, inCollect, "TestEveryFaultThatPassesLosesNothing/list-html"},
		{"a truncated listing", activity + "listing.go", `		return io.ErrUnexpectedEOF
`, `		return nil
`, inActivity, "TestListingThatIsNoListIsAnError"},
		{"a hiccup between pages", collector + "listing.go", `err == nil || attempt == pageAttempts ||`, `err == nil || attempt == 1 ||`, inCollect, "TestAHiccupBetweenPagesDoesNotBeginTheListingAnew"},
		{"a long listing is cut", collector + "listing.go", `return contents > cutAfter && window.Length() > ledger.MinWindow`, `return false`, inCollect, "TestAfterACutWhatCannotBeCoveredIsListedOnceAnInterval"},
		{"a window that is cut is halved", collector + "listing.go", `min(s.step, window.Length())/2)`, `min(s.step, window.Length()))`, inCollect, "TestAfterACutWhatCannotBeCoveredIsListedOnceAnInterval"},
		{"a window that fails holds up no other", collector + "stream.go", `case activity.Retry, activity.PageLost, activity.Window:
		return 0`, `case activity.Retry, activity.PageLost, activity.Window:
		return wait`, inCollect, "TestAWindowThatFailsHoldsUpNoOther"},
		{"the $ of a contentId", activity + "content.go", `return url.PathEscape(id), nil`, `return url.QueryEscape(id), nil`, inCollect, "TestLesson05AContentURIIsNotTrusted/localhost"},
		{"times are UTC", activity + "client.go", `t.UTC().Format(`, `t.Local().Format(`, inCollect, "TestLesson11NeitherTheClockNorTheZoneMatters/Asia/Kolkata"},
		{"the server's clock", activity + "client.go", `c.clock.observe(resp, c.now())`, ``, inCollect, "TestLesson11NeitherTheClockNorTheZoneMatters/clock_2h0m0s"},
		{"clocks that differ give nothing up", collector + "stream.go", `if ahead.Abs() <= time.Hour {`, `if ahead.Abs() >= 0 {`, inCollect, "TestAClockThatIsDaysAheadLosesNothing"},
		{"an origin in the server's future", collector + "stream.go", `s.corrected = s.setOrigin(origin.Add(ahead))`, `s.corrected = true`, inCollect, "TestAnOriginInTheServersFutureIsMovedBack"},
	}
}

// promises are those of the design that no failure is needed for.
func promises() []mutation {
	return []mutation{
		{"coverage leaves out what is younger than overlap", ledger + "position.go", `Earlier(l.Span.To, l.At.Add(-l.Overlap).UTC().Truncate(time.Second))`, `l.Span.To`, inCollect, "TestLesson02ABlobThatBecomesVisible90MinutesLaterArrives"},
		{"siblings: a content is known by its id alone", ledger + "position.go", `p.Done(content.ID) || fresh[content.ID] {
			continue
		}
		fresh[content.ID] = true`, `p.Done(content.ID) || fresh[content.Created.String()] {
			continue
		}
		fresh[content.Created.String()] = true`, inCollect, "TestLesson01SiblingsOnThreePagesAllArrive/sorted"},
		{"a content on two pages is fetched once", ledger + "position.go", `p.Done(content.ID) || fresh[content.ID] {`, `p.Done(content.ID) {`, inCollect, "TestLesson01SiblingsOnThreePagesAllArrive/a_content_on_two_pages"},
		{"a content that is done is not fetched again", ledger + "position.go", `known || p.Done(content.ID) || fresh`, `known || fresh`, inCollect, "TestLesson01SiblingsOnThreePagesAllArrive/a_content_on_two_pages"},
		{"a content that is known is not queued again", ledger + "position.go", `if _, known := p.known[content.ID]; known || p.Done`, `if p.Done`, inCollect, "TestLesson14APausedOutputLosesNothingAndRepeatsNothing/for_an_hour,_in_which_the_buffer_fills"},
		{"repeats are dropped", collector + "pack.go", `if !c.seen.add(it.id) {`, `if !c.seen.add(it.id) && false {`, inCollect, "TestLesson03ARecordInTwoContentsArrivesOnceWhateverTheOrderOfItsFields"},
		{"parts of a split record are no repeats", dedup + "dedup.go", `key.RecordNumber, `, ``, inCollect, "TestLesson03ARecordInTwoContentsArrivesOnceWhateverTheOrderOfItsFields"},
		{"Ids in other letter case are the same", dedup + "dedup.go", `strings.ToLower(key.ID), key`, `strings.TrimSpace(key.ID), key`, inCollect, "TestLesson03ARecordInTwoContentsArrivesOnceWhateverTheOrderOfItsFields"},
		{"Ids of undone contents are not evicted", dedup + "dedup.go", `if needed(p, undone) {`, `if false {`, inDedup, "TestIdsOfAnUndoneContentStay"},
		{"a batch is committed after its arrival", ledger + "handover.go", `return g.arrived && now.Sub(g.arrivedAt) >= h.commitDelay`, `return true`, inCollect, "TestLesson10AKillAtEveryStepLosesNothing/counted=true"},
		{"without the counter, after commit_delay", ledger + "handover.go", `return h.unpaused-g.at >= h.commitDelay`, `return true`, inCollect, "TestLesson10AKillAtEveryStepLosesNothing/counted=false"},
		{"a slow filter gets time between batches", ledger + "handover.go", `if h.paused || h.resting() {`, `if h.paused {`, inLedger, "TestAfterABatchThatWaitedForTheFiltersTheNextGivesThemTime"},
		{"one batch at a time", ledger + "handover.go", `return n == 0 || h.given[n-1].arrived || !h.given[n-1].base.OK`, `return n >= 0`, inLedger, "TestOneBatchIsUnderWayAtATime"},
		{"a batch that was dropped comes again", ledger + "handover.go", `if last.arrived || !last.base.OK || h.unpaused-last.at < LostAfter {`, `if last.seq > 0 {`, inCollect, "TestBatchThatFluentBitDropsComesAgain"},
		{"nothing is handed over during a pause", ledger + "handover.go", `if h.paused || h.resting() {`, `if h.resting() {`, inCollect, "TestNothingIsHandedOverDuringAPause"},
		{"the buffer is bounded", collector + "worker.go", `if err := s.c.budget.take(ctx, s.ch.counted); err != nil {`, `if s.c.budget.free.TryAcquire(int64(s.ch.counted)); ctx.Err() != nil {
		err := ctx.Err()`, inCollect, "TestLesson14APausedOutputLosesNothingAndRepeatsNothing/for_an_hour,_in_which_the_buffer_fills"},
		{"what arrived is committed at exit", collector + "collector.go", `	c.lastCommit()
`, ``, inCollect, "TestLesson15StartAndStopLeaveNothingBehind/50_reloads"},
		{"windows are clamped to the reach", ledger + "window.go", `reach := o.Now.Add(-Reach)`, `reach := o.Now.Add(-2 * Reach)`, inCollect, "TestLesson09WhateverBecameOfTheStateFileCollectionGoesOnOrSaysWhyNot/8_days_old"},
		{"what the clamp skips is said", collector + "stream.go", `if !plan.Lost.Empty() && s.clocksAgree(now) {`, `if false {`, inCollect, "TestLesson09WhateverBecameOfTheStateFileCollectionGoesOnOrSaysWhyNot/8_days_old"},
	}
}

func alerts() []mutation {
	return []mutation{
		{"the alerts of a batch are stored with it", collector + "commit.go", `tx := state.Tx{Alerts: b.alerts.list}`, `tx := state.Tx{}`, inCollect, "TestAlertWithoutEntitiesWaitsAndARestartDoesNotForgetIt"},
		{"an alert waits for what was known", collector + "alerts.go", `due := a.merger.Due(a.c.now(), a.c.general.done())`, `due := a.merger.Due(a.c.now(), a.c.general.known())`, inCollect, "TestAlertWaitsForWhatWasKnownButNotForWhatIsInQuarantine"},
		{"an alert does not wait for quarantine", collector + "failure.go", `		c.settle(j)
		c.stats.of(j.ct).quarantined.Add(1)`, `		c.stats.of(j.ct).quarantined.Add(1)`, inCollect, "TestAlertWaitsForWhatWasKnownButNotForWhatIsInQuarantine"},
		{"an alert waits for its entities", collector + "alerts.go", `	if a.merger.Stats().Pending > 0 {
		return alertsLook
	}
	next, ok := a.merger.Next()
	if !ok {`, `	next, ok := a.merger.Next()
	if true {
		return 24 * time.Hour
	}
	if !ok {`, inCollect, "TestAlertWithoutEntitiesWaitsAndARestartDoesNotForgetIt"},
		{"a bundle for each alert", collector + "alerts.go", `if !a.c.settings.OriginalBundle {`, `if true {`, inCollect, "TestBundleComesWithTheEvents"},
	}
}

func disks() []mutation {
	const lesson = "TestLesson09WhateverBecameOfTheStateFileCollectionGoesOnOrSaysWhyNot/"
	return []mutation{
		{"a damaged file: back as far as the API allows", state + "file.go", `o.fromEarliest = true`, `o.fromEarliest = false`, inCollect, lesson + "damaged"},
		{"a damaged file: also after a crash", state + "file.go", `	if o.fromEarliest {
		if err`, `	if false {
		if err`, inCollect, "TestADamagedFileIsNotForgottenByACrash"},
		{"a newer version is refused", state + "file.go", `found > schema {`, `found > schema+100 {`, inCollect, lesson + "of_a_newer_version"},
		{"a file of another process is waited for", collector + "restore.go", `errors.Is(err, state.ErrLocked) || errors.Is(err, syscall.ENOSPC)`, `errors.Is(err, syscall.ENOSPC)`, inCollect, "TestFileThatAnotherProcessHoldsIsWaitedFor"},
		{"two sections with one file", collector + "files.go", `r.owners[resolved]; taken {`, `r.owners[resolved]; taken && owner == "" {`, inCollect, "TestTwoSectionsWithOneFileAreNamed"},
		{"a full disk stops the hand-over", collector + "outbox.go", `if o.stalled || !o.handover.Free() {`, `if !o.handover.Free() {`, inCollect, "TestWhileTheStateCannotBeWrittenNothingIsHandedOverAndItGoesOnByItself"},
		{"a full disk is said every minute", collector + "failure.go", `c.trouble.reportEvery(time.Minute, `, `c.trouble.reportEvery(time.Hour, `, inCollect, "TestWhileTheStateCannotBeWrittenNothingIsHandedOverAndItGoesOnByItself"},
		{"a disk that works again is noticed", collector + "journal.go", `j.failed = j.file.Probe()`, `_ = j.file.Probe()`, inCollect, "TestADiskThatWorksAgainIsNoticedWithoutNews"},
		{"what could not be stored is stored later", collector + "commit.go", `		if err := c.journal.commit(b.done, tx); err != nil {
			return err
		}`, `		if err := c.journal.commit(b.done, tx); err != nil {
			left.batches = nil
			return err
		}`, inCollect, "TestWhileTheStateCannotBeWrittenNothingIsHandedOverAndItGoesOnByItself"},
		{"a disk nearly full of chunks", collector + "space.go", `return s != Space{} && s.Free < s.needs(batchBytes, instances)`, `return false`, inCollect, "TestNothingIsHandedOverOnAFullDiskUntilThereIsRoom"},
		{"a flipped byte in the state file", state + "tx.go", `if sum != readSum(tx) {`, `if false {`, inState, "TestFlippedBytesAreNeverTakenForAPosition"},
		{"an origin that cannot be stored at first", collector + "stream.go", `	for !s.begin() {`, `	for s.begin(); false; {`, inCollect, "TestAnOriginThatCannotBeStoredAtFirstIsStoredLater"},
		{"Stop does not wait for ever", collector + "collector.go", `t := time.NewTimer(stopWait)`, `t := time.NewTimer(100 * stopWait)`, inCollect, "TestStopWaitsTenSecondsForADiskThatHangs"},
		{"an error of Init gives the file's name back", collector + "restore.go", `	case err != nil:
		files.release(owned)
`, `	case err != nil:
`, inCollect, "TestLesson15StartAndStopLeaveNothingBehind/an_error_of_Init"},
	}
}

func bugs() []mutation {
	return []mutation{
		{"a panic in pack costs a fetch", collector + "pack.go", `broken[key] = true`, `_ = broken`, inCollect, "TestAPanicInPackCostsOneMoreFetch"},
		{"a panic in normalize costs a form", collector + "worker.go", `w.normalizer = normalize.New(s.c.settings.RecordOptions())`, `_ = normalize.New(s.c.settings.RecordOptions())`, inCollect, "TestAPanicInNormalizeCostsOneRecordItsForm"},
		{"a panic in a worker costs an attempt", collector + "worker.go", `w.c.again(j, ledger.FaultOwn)`, `_ = ledger.FaultOwn`, inCollect, "TestAPanicInAWorkerCostsAnAttempt"},
		{"a goroutine that panics begins again", collector + "collector.go", `panicked = true`, `panicked = false`, inCollect, "TestAGoroutineThatPanicsBeginsAgainAfterTenSeconds"},
	}
}
