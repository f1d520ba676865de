package io.github.wsbridge.website;

import io.github.wsbridge.wire.websocket.WebSocketKey;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.util.concurrent.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Joins a WebSocket of the website's terminal with a stream to a device, whose bytes are those of a terminal line. A
 * request that does not ask for a WebSocket is told in words whether that would work, which browsers do not tell
 * scripts.
 */
final class TerminalExchange implements Exchange {

    private static final int MOST_FRAME = 64 * 1024;

    /** Tells the page that the device wants to know the size of the terminal. */
    private static final String SIZED = "sized";

    private final BrowserConnection browser;
    private final DeviceChannels channels;
    private final String device;
    private final String target;
    private final @Nullable String key;
    private @Nullable Future<Channel> opening;

    TerminalExchange(
            BrowserConnection browser, HttpRequest request, DeviceChannels channels, String device, String target) {
        this.browser = browser;
        this.channels = channels;
        this.device = device;
        this.target = target;
        key = RequestFields.upgrades(request) ? request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY) : null;
    }

    void start() {
        ChannelHandler nothing = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {}
        };
        Future<Channel> attempt = channels.open(device, browser.channel().eventLoop(), nothing);
        opening = attempt;
        attempt.addListener((Future<Channel> done) -> {
            boolean wanted = opening == attempt;
            opening = null;
            if (!done.isSuccess()) {
                if (wanted) {
                    Trouble trouble = Trouble.of(device, target, done.cause());
                    browser.answer(Answer.text(trouble.status(), Html.line(trouble.title())));
                }
            } else if (wanted && key != null && WebSocketKey.valid(key)) {
                join(done.getNow(), key);
            } else {
                done.getNow().close();
                if (wanted) {
                    browser.answer(Answer.empty(HttpResponseStatus.NO_CONTENT));
                }
            }
        });
    }

    private void join(Channel line, String challenge) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
        response.headers()
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET)
                .set(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT, WebSocketKey.accept(challenge));
        browser.upgrade(response);
        browser.write(LastHttpContent.EMPTY_LAST_CONTENT);
        WebSocketDecoderConfig limits = WebSocketDecoderConfig.newBuilder()
                .expectMaskedFrames(true)
                .allowExtensions(false)
                .maxFramePayloadLength(MOST_FRAME)
                .build();
        Channel terminal = browser.channel();
        TelnetLine telnet = new TelnetLine(() -> terminal.writeAndFlush(new TextWebSocketFrame(SIZED)));
        line.pipeline().addLast(telnet);
        browser.join(
                line,
                List.of(),
                List.of(
                        new WebSocket13FrameDecoder(limits),
                        new WebSocket13FrameEncoder(false),
                        new FrameBytes(telnet::resize)));
    }

    @Override
    public void onContent(HttpContent content) {
        content.release();
        browser.more();
    }

    @Override
    public void onBrowserWritable() {}

    @Override
    public void onBrowserGone() {
        Future<Channel> ending = opening;
        opening = null;
        if (ending != null) {
            ending.cancel(true);
        }
    }

    @Override
    public void check() {
        // the attempt to connect has its own limit
    }
}
