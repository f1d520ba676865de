package io.github.wsbridge.website;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to a device's web server, which serves one exchange after the other. Belongs to one event loop. */
final class DeviceConnection extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(DeviceConnection.class);

    /** The exchange that uses the connection. */
    interface User {

        /** Takes a message that was asked for, and releases it. */
        void onMessage(HttpObject message);

        /** Called when the device takes data again. */
        void onDeviceWritable();

        /**
         * Called when the connection has ended.
         *
         * @param why what is known about it; null if nothing
         */
        void onDeviceGone(@Nullable Throwable why);
    }

    private final Channel channel;
    private final Flushing out;
    private final List<ChannelHandler> codec = new ArrayList<>();
    private @Nullable ChannelHandlerContext context;
    private @Nullable User user;
    private @Nullable Throwable failure;
    private int served;

    private DeviceConnection(Channel channel) {
        this.channel = channel;
        out = new Flushing(channel);
    }

    /** Returns what makes a channel a connection. */
    static ChannelHandler initializer() {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                new DeviceConnection(channel).install();
            }
        };
    }

    private void install() {
        codec.add(this);
        codec.add(new OneByOne());
        HttpDecoderConfig limits = new HttpDecoderConfig()
                .setMaxInitialLineLength(Limits.REQUEST_LINE)
                .setMaxHeaderSize(Limits.HEADER)
                .setMaxChunkSize(Limits.CONTENT)
                .setStrictLineParsing(false); // small web servers are careless about the ends of lines
        codec.add(new HttpClientCodec(limits, false, false));
        for (int i = codec.size() - 1; i >= 0; i--) {
            channel.pipeline().addLast(codec.get(i));
        }
    }

    /** Returns the connection of an initialized channel. */
    static DeviceConnection of(Channel channel) {
        return channel.pipeline().get(DeviceConnection.class);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    /** Begins an exchange. */
    void serve(User next) {
        user = next;
    }

    /** Ends an exchange after which the connection can serve another, and watches for its end meanwhile. */
    void rest() {
        user = null;
        served++;
        more();
    }

    /** Returns how many exchanges have ended on it. If any, the device may close it at any time. */
    int served() {
        return served;
    }

    boolean open() {
        return channel.isActive();
    }

    /** Returns whether it ends because something has gone wrong. */
    boolean failed() {
        return failure != null;
    }

    boolean writable() {
        return channel.isWritable();
    }

    void write(Object message) {
        out.write(message);
    }

    /** Asks for one more message. */
    void more() {
        if (context != null) {
            context.read();
        }
    }

    void close() {
        user = null;
        channel.close();
    }

    Channel channel() {
        return channel;
    }

    /** Returns the handlers that an upgrade removes, the last one first. */
    List<ChannelHandler> codec() {
        return codec;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (user != null && message instanceof HttpObject part) {
            user.onMessage(part);
        } else { // nobody asked
            ReferenceCountUtil.release(message);
            ctx.close();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (user != null && ctx.channel().isWritable()) {
            user.onDeviceWritable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        User last = user;
        user = null;
        if (last != null) {
            last.onDeviceGone(failure);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("A connection to a device has failed: {}", channel, cause);
        failure = cause;
        ctx.close();
    }
}
