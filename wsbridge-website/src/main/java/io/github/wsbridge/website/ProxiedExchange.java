package io.github.wsbridge.website;

import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request that a device answers. Bodies stream in both directions, each as fast as its receiver takes it. */
final class ProxiedExchange implements Exchange, DeviceConnection.User {

    private static final Logger log = LoggerFactory.getLogger(ProxiedExchange.class);

    /** What may be sent again if the first attempt met a connection that the device was about to close. */
    private static final Set<HttpMethod> REPEATABLE = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

    /**
     * What a device is asked.
     *
     * @param head the request as the device gets it
     * @param asked the browser's request
     * @param body whether a body may follow
     * @param host the host under which the device is asked; null for the browser's
     * @param target the name of the device's web server among its targets
     */
    record Order(
            HttpRequest head,
            HttpRequest asked,
            boolean body,
            @Nullable String host,
            String target) {
        boolean upgrade() {
            return RequestFields.upgrades(asked);
        }
    }

    /** Hears how it went. */
    interface Outcome {

        /** Called when there is a connection to the device, or none can be had, for which {@code failure} is why. */
        void reached(@Nullable Throwable failure);

        /** Called if the device has not answered, to answer instead. */
        void failed(Trouble trouble);
    }

    private final BrowserConnection browser;
    private final DevicePool pool;
    private final DevicePool.Key key;
    private final Order order;
    private final Limits limits;
    private final Outcome outcome;

    private @Nullable Future<DeviceConnection> connecting;
    private @Nullable DeviceConnection device;
    /** The first piece of the body, which waits for the connection; no other is asked for meanwhile. */
    private @Nullable HttpContent first;

    private boolean sent;
    private boolean informing;
    private int informed;
    private boolean upgrading;
    private @Nullable HttpResponse answer;
    private boolean again;
    private long body;
    private long since = System.nanoTime();

    ProxiedExchange(
            BrowserConnection browser,
            DevicePool pool,
            DevicePool.Key key,
            Order order,
            Limits limits,
            Outcome outcome) {
        this.browser = browser;
        this.pool = pool;
        this.key = key;
        this.order = order;
        this.limits = limits;
        this.outcome = outcome;
    }

    void start() {
        connect(false);
    }

    private void connect(boolean fresh) {
        Future<DeviceConnection> taken = pool.take(key, fresh);
        connecting = taken;
        taken.addListener((Future<DeviceConnection> done) -> {
            if (connecting != taken) {
                return; // the browser has gone
            }
            connecting = null;
            outcome.reached(done.isSuccess() ? null : done.cause());
            if (done.isSuccess()) {
                begin(done.getNow());
            } else {
                log.debug("{} cannot be reached", key.device(), done.cause());
                fail(Trouble.of(key.device(), order.target(), done.cause()));
            }
        });
    }

    private void begin(DeviceConnection connection) {
        device = connection;
        since = System.nanoTime();
        connection.serve(this);
        connection.write(order.head());
        connection.more();
        HttpContent held = first;
        first = null;
        if (held != null) {
            pass(connection, held);
        }
    }

    @Override
    public void onContent(HttpContent content) {
        since = System.nanoTime();
        body += content.content().readableBytes();
        if (body > limits.body()) {
            content.release();
            browser.lastOne();
            fail(new Trouble(
                    HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                    "Too large",
                    "The website passes no more than " + limits.body() + " bytes in one request.",
                    "",
                    false));
        } else if (device == null) {
            first = content;
            if (browser.received()) {
                browser.more(); // notices when the browser goes away
            }
        } else {
            pass(device, content);
        }
    }

    private void pass(DeviceConnection connection, HttpContent content) {
        if (content instanceof LastHttpContent end) {
            sent = true;
            connection.write(withoutTrailers(end));
            browser.more();
        } else {
            connection.write(content);
            if (connection.writable()) {
                browser.more();
            }
        }
    }

    /** What follows a body may be left out (RFC 9110, section 6.5), and belongs to no field that was checked. */
    private static LastHttpContent withoutTrailers(LastHttpContent end) {
        return end.trailingHeaders().isEmpty() ? end : new DefaultLastHttpContent(end.content());
    }

    @Override
    public void onDeviceWritable() {
        since = System.nanoTime();
        if (!sent) {
            browser.more();
        }
    }

    @Override
    public void onBrowserWritable() {
        since = System.nanoTime();
        if (device != null && answer != null) {
            device.more();
        }
    }

    @Override
    public void onMessage(HttpObject message) {
        since = System.nanoTime();
        DeviceConnection from = device;
        if (from == null) {
            ReferenceCountUtil.release(message);
        } else if (message.decoderResult().isFailure()) {
            ReferenceCountUtil.release(message);
            log.debug(
                    "{} has sent what cannot be understood",
                    key.device(),
                    message.decoderResult().cause());
            fail(Trouble.garbled(key.device()));
        } else if (message instanceof HttpResponse response) {
            onResponse(from, response);
        } else if (message instanceof HttpContent content) {
            onResponseContent(from, content);
        }
    }

    private void onResponse(DeviceConnection from, HttpResponse response) {
        HttpResponseStatus status = response.status();
        if (status.equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
            if (!order.upgrade()) {
                fail(Trouble.garbled(key.device()));
                return;
            }
            upgrading = true;
            browser.upgrade(ResponseFields.upgraded(response));
        } else if (status.codeClass() == HttpStatusClass.INFORMATIONAL) {
            if (++informed > Limits.INFORMATIONAL) {
                fail(Trouble.garbled(key.device()));
                return;
            }
            informing = true;
            browser.inform(response);
        } else {
            answer = response;
            browser.respond(ResponseFields.forBrowser(
                    response, order.asked().protocolVersion(), bodiless(status), order.host()));
        }
        from.more();
    }

    private boolean bodiless(HttpResponseStatus status) {
        return order.asked().method().equals(HttpMethod.HEAD)
                || status.equals(HttpResponseStatus.NO_CONTENT)
                || status.equals(HttpResponseStatus.NOT_MODIFIED);
    }

    private void onResponseContent(DeviceConnection from, HttpContent content) {
        boolean end = content instanceof LastHttpContent;
        if (informing) {
            content.release();
            informing = !end;
            from.more();
        } else if (upgrading) {
            browser.write(content);
            device = null;
            browser.join(from);
        } else {
            if (end && from.failed() && answer != null && !delimited(answer)) { // not the end of the response
                content.release();
                device = null;
                browser.abort();
                return;
            }
            browser.write(content instanceof LastHttpContent last ? withoutTrailers(last) : content);
            if (end) {
                finish(from);
            } else if (browser.writable()) {
                from.more();
            }
        }
    }

    private void finish(DeviceConnection from) {
        device = null;
        if (sent && answer != null && HttpUtil.isKeepAlive(answer) && delimited(answer)) {
            pool.giveBack(key, from);
        } else {
            from.close();
        }
        browser.ended();
    }

    /** Returns whether the response said where it ends, so that another can follow. */
    private boolean delimited(HttpResponse response) {
        return bodiless(response.status())
                || HttpUtil.isContentLengthSet(response)
                || HttpUtil.isTransferEncodingChunked(response);
    }

    @Override
    public void onDeviceGone(@Nullable Throwable why) {
        DeviceConnection gone = device;
        device = null;
        if (gone == null) {
            return;
        }
        if (answer != null || upgrading) {
            log.debug("The connection to {} has ended within a response", key.device(), why);
            browser.abort();
        } else if (gone.served() > 0
                && !again
                && !order.body()
                && REPEATABLE.contains(order.head().method())) {
            again = true;
            sent = false;
            first = browser.received() ? LastHttpContent.EMPTY_LAST_CONTENT : null;
            connect(true);
        } else {
            fail(Trouble.silent(key.device(), order.target(), why));
        }
    }

    @Override
    public void onBrowserGone() {
        release();
    }

    private void fail(Trouble trouble) {
        boolean begun = answer != null || upgrading;
        release();
        if (begun) {
            browser.abort();
        } else {
            outcome.failed(trouble);
        }
    }

    private void release() {
        if (connecting != null) {
            Future<DeviceConnection> ending = connecting;
            connecting = null;
            ending.cancel(true);
        }
        if (device != null) {
            device.close();
            device = null;
        }
        if (first != null) {
            first.release();
            first = null;
        }
    }

    @Override
    public void check() {
        if (device == null) {
            return; // the attempt to connect has its own limit
        }
        long waited = System.nanoTime() - since;
        if (waited > limits.stall().toNanos() && (!browser.writable() || !device.writable())) {
            log.debug("Nobody takes what was sent between a browser and {}", key.device());
            release();
            browser.abort();
        } else if (!browser.received()
                && device.writable()
                && answer == null
                && waited > limits.bodyPause().toNanos()) {
            browser.lastOne();
            fail(new Trouble(
                    HttpResponseStatus.REQUEST_TIMEOUT, "Too slow", "The request has not come in time.", "", false));
        } else if (sent && answer == null && waited > limits.response().toNanos()) {
            fail(Trouble.slow(key.device()));
        }
    }
}
