package auth

import (
	"context"
	"fmt"
	"time"
)

// request asks for a token and says how long it lives.
func (s *Source) request(ctx context.Context) (token string, life time.Duration, failure *Error) {
	var x exchange
	defer func() {
		// singleflight runs this on a goroutine of its own: a panic of the library
		// on an odd answer would end Fluent Bit.
		if r := recover(); r != nil {
			failure = &Error{Status: x.status, Message: fmt.Sprintf("the library has failed on the answer: %T", r), advice: adviceReport}
		}
	}()
	token, err := s.method.acquire(withExchange(ctx, &x))
	if err != nil {
		return "", 0, s.explain(ctx, &x, err)
	}
	return token, x.life(), nil
}
