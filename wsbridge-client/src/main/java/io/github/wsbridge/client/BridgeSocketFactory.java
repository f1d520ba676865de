package io.github.wsbridge.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/** Makes sockets that all connect to the same target of the same device. */
final class BridgeSocketFactory extends SocketFactory {

    private final Supplier<CompletableFuture<BridgeLeg>> dial;

    BridgeSocketFactory(Supplier<CompletableFuture<BridgeLeg>> dial) {
        this.dial = dial;
    }

    @Override
    public Socket createSocket() throws SocketException {
        return new BridgeSocket(new ChannelSocket(this::channel));
    }

    private CompletableFuture<BridgeChannel> channel() {
        CompletableFuture<BridgeLeg> leg = dial.get();
        CompletableFuture<BridgeChannel> channel = new CompletableFuture<>();
        leg.whenComplete((made, failure) -> {
            if (failure != null) {
                channel.completeExceptionally(failure);
            } else if (channel.isDone()) {
                made.abort();
            } else {
                BridgeChannel bridge = BridgeChannel.over(made);
                if (!channel.complete(bridge)) {
                    bridge.drop();
                }
            }
        });
        channel.whenComplete((made, failure) -> {
            if (failure != null) {
                leg.cancel(true);
            }
        });
        return channel;
    }

    @Override
    public Socket createSocket(@Nullable String host, int port) throws IOException {
        return connected(
                host == null
                        ? new InetSocketAddress(InetAddress.getLoopbackAddress(), port)
                        : InetSocketAddress.createUnresolved(host, port));
    }

    @Override
    public Socket createSocket(@Nullable String host, int port, @Nullable InetAddress localHost, int localPort)
            throws IOException {
        return createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, @Nullable InetAddress localHost, int localPort)
            throws IOException {
        return createSocket(host, port);
    }

    private Socket connected(InetSocketAddress address) throws IOException {
        Socket socket = createSocket();
        try {
            socket.connect(address);
            return socket;
        } catch (Throwable e) {
            socket.close();
            throw e;
        }
    }
}
