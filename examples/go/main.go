// Live serves quotes over gRPC, WebSocket and server-sent events, all on one port.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"example.org/live/livepb"
)

func main() {
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	quotes := &quotes{release: os.Getenv("SHOESTRING_RELEASE"), stop: stop}
	server := newServer("127.0.0.1:"+os.Getenv("PORT"), quotes)
	go func() {
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	<-stop.Done()
	// The agent has waited for the connections before; what is left now gets this much longer.
	ending, end := context.WithTimeout(context.Background(), 20*time.Second)
	defer end()
	if err := server.Shutdown(ending); err != nil {
		log.Print("some streams were cut: ", err)
	}
	quotes.sockets.Wait()
}

// newServer answers HTTP/1.1 and, without TLS, HTTP/2.
func newServer(address string, quotes *quotes) *http.Server {
	calls := grpc.NewServer()
	livepb.RegisterQuotesServer(calls, quotes)
	// The probe of a service with `protocol: "grpc"`.
	healthpb.RegisterHealthServer(calls, health.NewServer())

	pages := http.NewServeMux()
	pages.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Shoestring-Release", quotes.release)
		_, _ = w.Write([]byte("ok\n"))
	})
	pages.HandleFunc("GET /events", quotes.events)
	pages.HandleFunc("GET /socket", quotes.socket)

	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Addr:              address,
		Protocols:         protocols,
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
				calls.ServeHTTP(w, r)
				return
			}
			pages.ServeHTTP(w, r)
		}),
	}
}
