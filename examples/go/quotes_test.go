package main

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"example.org/live/livepb"
)

// start serves on a free port; end is what SIGTERM does.
func start(t *testing.T) (address string, end context.CancelFunc) {
	t.Helper()
	stop, end := context.WithCancel(context.Background())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := newServer("", &quotes{release: "live-1-abcdef0", stop: stop})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { end(); _ = server.Close() })
	return listener.Addr().String(), end
}

func dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestTheProbeIsAnsweredWithTheRelease(t *testing.T) {
	address, _ := start(t)
	answer, err := http.Get("http://" + address + "/healthz")
	if err != nil || answer.StatusCode != 200 || answer.Header.Get("Shoestring-Release") != "live-1-abcdef0" {
		t.Fatal(answer, err)
	}
}

func TestACallAndAStreamAreAnsweredOnThePortOfThePages(t *testing.T) {
	address, end := start(t)
	conn := dial(t, address)
	probed, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil || probed.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Fatal(probed, err)
	}
	quotes := livepb.NewQuotesClient(conn)
	quote, err := quotes.Get(t.Context(), &livepb.Symbol{Name: "SHOE"})
	if err != nil || quote.GetName() != "SHOE" {
		t.Fatal(quote, err)
	}
	stream, err := quotes.Watch(t.Context(), &livepb.Symbol{Name: "SHOE"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	end()
	for err == nil {
		_, err = stream.Recv()
	}
	if err.Error() != "EOF" {
		t.Fatal("a stream of a process that ends is to end well: ", err)
	}
}

func TestEventsAndASocketSendQuotes(t *testing.T) {
	address, end := start(t)
	answer, err := http.Get("http://" + address + "/events?symbol=SHOE")
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(answer.Body).ReadString('\n')
	if err != nil || !strings.Contains(line, `"name":"SHOE"`) {
		t.Fatal(line, err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	socket, _, err := websocket.Dial(ctx, "ws://"+address+"/socket?symbol=SHOE", nil)
	if err != nil {
		t.Fatal(err)
	}
	var quote map[string]any
	if err := wsjson.Read(ctx, socket, &quote); err != nil || quote["name"] != "SHOE" {
		t.Fatal(quote, err)
	}
	end()
	for err == nil {
		err = wsjson.Read(ctx, socket, &quote)
	}
	if websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Fatal(err)
	}
}
