package remote

import (
	"context"
	"fmt"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
)

const (
	firstPause = 100 * time.Millisecond
	pauseGrows = 1.5
	longPause  = 5 * time.Second
	unlimited  = -1
)

// retry calls attempt until it succeeds, with growing pauses. After limit failed
// attempts there is one more, whose error comes back; a negative limit is none.
func retry[T any](ctx context.Context, what string, limit int, attempt func() (T, error)) (T, error) {
	pause := firstPause
	for failed := 0; ; failed++ {
		result, err := attempt()
		if err == nil {
			return result, nil
		}
		if limit > unlimited && failed >= limit {
			return result, fmt.Errorf("after %d failed attempts: %w", failed, err)
		}
		p.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying", what, failed+1, limitText(limit))
		select {
		case <-ctx.Done():
			return result, ctx.Err()
		case <-time.After(pause):
		}
		pause = min(time.Duration(float64(pause)*pauseGrows), longPause)
	}
}

func limitText(limit int) string {
	if limit == unlimited {
		return "inf"
	}
	return strconv.Itoa(limit)
}
