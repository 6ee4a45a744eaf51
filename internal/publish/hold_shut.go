package publish

import (
	"time"

	"github.com/tribune-dev/tribune/internal/schedule"
)

// Shut is a time in which nothing goes out. Posts of a calendar are planned around it; those made by hand are held.
type Shut struct {
	Window schedule.Window
	// Reason is Blackout or QuietHours; Message says whose it is.
	Reason, Message string
}

// shut: the Post falls into a blackout or into quiet hours.
func shut(f Facts) *Step {
	if published(segments(f.Post)) > 0 {
		return nil
	}
	for i := range f.Shut {
		if _, _, inside := f.Shut[i].Window.Around(f.Now); inside {
			until, _ := schedule.FirstAllowed(f.Now, windows(f))
			return hold(f, f.Shut[i].Reason, f.Shut[i].Message, until)
		}
	}
	return nil
}

// opened is when the windows let the Post go first: before that it cannot be late.
func opened(f Facts) time.Time {
	if len(f.Shut) == 0 {
		return time.Time{}
	}
	at, found := schedule.FirstAllowed(Due(f.Post), windows(f))
	if !found {
		return f.Now
	}
	return at
}

func windows(f Facts) []schedule.Window {
	all := make([]schedule.Window, len(f.Shut))
	for i := range f.Shut {
		all[i] = f.Shut[i].Window
	}
	return all
}
