package lbserver

import (
	"iter"
	"time"
)

// OtherClasses stands in metrics for the classes of a service that are not kept apart.
const OtherClasses = "(other)"

// metricClasses is how many classes of a service metrics keep apart. Each client may be a class of
// its own, and each class would be four series.
const metricClasses = 100

// answerFigures are what metrics tell of an answer, or the worst of several answers.
type answerFigures struct{ age, fallback, servers, drops float64 }

// figures yields the figures of each class. If there are more classes than metricClasses, those that
// are not the service's own are one, named OtherClasses.
func (s ServiceState) figures(now time.Time) iter.Seq2[string, answerFigures] {
	return func(yield func(string, answerFigures) bool) {
		var others []answerFigures
		together := len(s.Answers) > metricClasses+1
		for _, a := range s.Answers {
			if a.Number == 0 {
				continue
			}
			if together && a.Class != "" {
				others = append(others, a.figures(now))
			} else if !yield(a.Class, a.figures(now)) {
				return
			}
		}
		if len(others) > 0 {
			yield(OtherClasses, worst(others))
		}
	}
}

func (a AnswerState) figures(now time.Time) answerFigures {
	f := answerFigures{age: now.Sub(a.Since).Seconds(), drops: a.DropShare()}
	for _, server := range a.Servers {
		if !server.Drop {
			f.servers++
		}
	}
	if a.Fallback {
		f.fallback = 1
	}
	return f
}

// worst returns the greatest age, 1 if there is fallback, the fewest servers, and the greatest part of drops.
func worst(all []answerFigures) answerFigures {
	w := all[0]
	for _, f := range all {
		w = answerFigures{max(w.age, f.age), max(w.fallback, f.fallback), min(w.servers, f.servers), max(w.drops, f.drops)}
	}
	return w
}

func (f answerFigures) samples(service, class string) []Sample {
	return []Sample{
		answerAge.at(f.age, service, class),
		answerFallback.at(f.fallback, service, class),
		answerServers.at(f.servers, service, class),
		answerDrops.at(f.drops, service, class),
	}
}
