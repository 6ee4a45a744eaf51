package httpx

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type networkKey struct{}

// WithNetwork names the network for the metrics of calls under the context.
func WithNetwork(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, networkKey{}, name)
}

// Metrics counts and times calls by network.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// NewMetrics makes the metrics; the caller registers Collectors.
func NewMetrics() *Metrics {
	return &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tribune_http_requests_total",
			Help: "HTTP requests to networks, by status class (2xx, 3xx, 4xx, 429, 5xx, error).",
		}, []string{"network", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tribune_http_request_duration_seconds",
			Help:    "Time from the start of an HTTP request to the headers of its answer.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30},
		}, []string{"network", "method"}),
	}
}

// Collectors to register.
func (m *Metrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.requests, m.seconds}
}

func (m *Metrics) observe(req *http.Request, resp *http.Response, took time.Duration) {
	if m == nil {
		return
	}
	network, _ := req.Context().Value(networkKey{}).(string)
	if network == "" {
		network = "other"
	}
	status := "error"
	switch {
	case resp == nil:
	case resp.StatusCode == http.StatusTooManyRequests:
		status = "429"
	default:
		status = strconv.Itoa(resp.StatusCode/100) + "xx"
	}
	method := req.Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	case "":
		method = http.MethodGet
	default:
		method = "other"
	}
	m.requests.WithLabelValues(network, method, status).Inc()
	m.seconds.WithLabelValues(network, method).Observe(took.Seconds())
}
