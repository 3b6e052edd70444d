package activity

import "sync/atomic"

// Operation is a kind of request, for metrics.
type Operation string

// The operations that collecting takes. The token endpoint is not asked here.
const (
	Subscriptions Operation = "subscriptions" // what is subscribed to
	Starting      Operation = "start"         // of a subscription
	Listing       Operation = "list"
	Download      Operation = "content"
)

// Operations returns them all. The slice is the caller's.
func Operations() []Operation { return []Operation{Subscriptions, Starting, Listing, Download} }

// What becomes of a request that is no class.
const (
	resultOK       = "ok"        // a good status: its body may still break off
	resultNoAnswer = "no_answer" // the network, the proxy, a time limit
)

// Results returns what may become of a request: ok, no_answer, or the class of
// the refusal. The slice is the caller's.
func Results() []string {
	results := append(make([]string, 0, 2+Success), resultOK, resultNoAnswer)
	for class := range Success {
		results = append(results, class.String())
	}
	return results
}

func resultOf(c Class) string {
	if c == Success {
		return resultOK
	}
	return c.String()
}

// counts is what a Client has done.
type counts struct {
	requests map[outcome]*atomic.Uint64 // complete from the start
	received atomic.Uint64
}

type outcome struct {
	operation Operation
	result    string
}

func newRequests() map[outcome]*atomic.Uint64 {
	requests := map[outcome]*atomic.Uint64{}
	for _, operation := range Operations() {
		for _, result := range Results() {
			requests[outcome{operation, result}] = new(atomic.Uint64)
		}
	}
	return requests
}

// request counts one; those of another operation are a command's and not counted.
func (c *counts) request(operation Operation, result string) {
	if n := c.requests[outcome{operation, result}]; n != nil {
		n.Add(1)
	}
}

// Requests is how many requests have ended so. A request that was canceled, or
// never made for want of a token, is none.
func (c *Client) Requests(operation Operation, result string) uint64 {
	if n := c.counts.requests[outcome{operation, result}]; n != nil {
		return n.Load()
	}
	return 0
}

// Received is how many bytes of bodies have come in, as they came: compressed.
func (c *Client) Received() uint64 { return c.counts.received.Load() }
