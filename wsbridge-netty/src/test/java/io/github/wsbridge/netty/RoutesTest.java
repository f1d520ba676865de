package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RoutesTest {

    private static final int SECONDS = 10;

    private record Found(Object route, Thread thread) {}

    private final AtomicLong nanos = new AtomicLong(1);
    private final AtomicInteger choices = new AtomicInteger();
    private final AtomicInteger trusted = new AtomicInteger();
    private final BlockingQueue<Found> found = new LinkedBlockingQueue<>();
    private final Routes routes =
            new Routes(Proxies.of(new NoProxy()), HostPort::resolve, trusted::incrementAndGet, nanos::get);

    @AfterEach
    void close() {
        routes.close();
    }

    @Test
    void secondWithinASecond_isFoundOnTheCallingThread() throws Exception {
        Found first = find("ws://127.0.0.1:81/a");
        assertThat(first.route()).isEqualTo(new Routes.Route(null, List.of(new InetSocketAddress("127.0.0.1", 81))));
        assertThat(first.thread()).isNotSameAs(Thread.currentThread());

        nanos.addAndGet(Duration.ofMillis(999).toNanos());
        assertThat(find("ws://127.0.0.1:81/b")).isEqualTo(new Found(first.route(), Thread.currentThread()));
        assertThat(choices).hasValue(1);
    }

    @Test
    void afterASecond_isLookedUpAgain() throws Exception {
        find("ws://127.0.0.1:81/");
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(find("ws://127.0.0.1:81/").thread()).isNotSameAs(Thread.currentThread());
        assertThat(choices).hasValue(2);
    }

    @Test
    void otherPortOrScheme_isLookedUp() throws Exception {
        find("ws://127.0.0.1:81/");
        find("ws://127.0.0.1:82/");
        assertThat(trusted).hasValue(0);
        find("wss://127.0.0.1:81/");
        assertThat(choices).hasValue(3);
        assertThat(trusted).as("loaded before the route is known").hasValue(1);
    }

    @Test
    void forgotten_isLookedUpAgain() throws Exception {
        find("ws://127.0.0.1:81/");
        routes.forget(upgrade("ws://127.0.0.1:81/"));
        find("ws://127.0.0.1:81/");
        assertThat(choices).hasValue(2);
    }

    @Test
    void notNeededAnyMore_isNotLookedUp() throws Exception {
        routes.find(upgrade("ws://127.0.0.1:81/"), () -> false, this::add, this::add);
        find("ws://127.0.0.1:82/");
        routes.find(upgrade("ws://127.0.0.1:82/"), () -> true, this::add, this::add);
        assertThat(found.poll(SECONDS, TimeUnit.SECONDS)).isNotNull();
        assertThat(found).isEmpty();
    }

    @Test
    void unknownHost_fails() throws Exception {
        assertThat(find("ws://unknown.invalid/").route()).isInstanceOf(IOException.class);
    }

    private Found find(String url) throws Exception {
        routes.find(upgrade(url), () -> true, this::add, this::add);
        return found.poll(SECONDS, TimeUnit.SECONDS);
    }

    private void add(Object result) {
        found.add(new Found(result, Thread.currentThread()));
    }

    private static ClientUpgrade upgrade(String url) throws IOException {
        return new ClientUpgrade(new Connector.Target(URI.create(url), Map.of(), "", Duration.ofSeconds(SECONDS)));
    }

    /** Counts the choices; each is that no proxy is used. */
    private final class NoProxy extends ProxySelector {
        @Override
        public List<Proxy> select(URI uri) {
            choices.incrementAndGet();
            return List.of(Proxy.NO_PROXY);
        }

        @Override
        public void connectFailed(URI uri, SocketAddress address, IOException failure) {}
    }
}
