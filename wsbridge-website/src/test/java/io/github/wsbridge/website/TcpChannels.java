package io.github.wsbridge.website;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Devices that are ports of this machine, or do not answer for a given reason. */
final class TcpChannels implements DeviceChannels {

    final AtomicInteger opened = new AtomicInteger();
    private final Map<String, Integer> ports = new ConcurrentHashMap<>();
    private final Map<String, CloseReason> absent = new ConcurrentHashMap<>();

    TcpChannels device(String id, int port) {
        absent.remove(id);
        ports.put(id, port);
        return this;
    }

    TcpChannels absent(String id, int code, String reason) {
        absent.put(id, new CloseReason(code, reason));
        return this;
    }

    @Override
    public Future<Channel> open(String device, EventLoop loop, ChannelHandler handler) {
        if (absent.containsKey(device) || !ports.containsKey(device)) {
            return loop.newFailedFuture(new BridgeException(
                    absent.getOrDefault(device, new CloseReason(CloseReason.UNREACHABLE, "device not listening"))));
        }
        opened.incrementAndGet();
        Promise<Channel> opening = loop.newPromise();
        new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .handler(handler)
                .connect("127.0.0.1", ports.get(device))
                .addListener((ChannelFuture done) -> {
                    if (done.isSuccess()) {
                        opening.trySuccess(done.channel());
                    } else {
                        opening.tryFailure(new BridgeException(
                                new CloseReason(CloseReason.REJECTED, "502 target not reachable"), done.cause()));
                    }
                });
        return opening;
    }
}
