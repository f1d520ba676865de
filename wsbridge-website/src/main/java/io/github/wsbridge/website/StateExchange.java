package io.github.wsbridge.website;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds out whether a device can be reached. The connection is kept for the page that is opened next. */
final class StateExchange implements Exchange {

    private final BrowserConnection browser;
    private final DevicePool pool;
    private final DevicePool.Key key;
    private @Nullable Future<DeviceConnection> connecting;

    StateExchange(BrowserConnection browser, DevicePool pool, DevicePool.Key key) {
        this.browser = browser;
        this.pool = pool;
        this.key = key;
    }

    /**
     * Starts the attempt.
     *
     * @param answer makes the answer from the failure; from null if there is none
     */
    void start(Function<@Nullable Throwable, FullHttpResponse> answer) {
        Future<DeviceConnection> taken = pool.take(key, false);
        connecting = taken;
        taken.addListener((Future<DeviceConnection> done) -> {
            if (done.isSuccess()) {
                pool.giveBack(key, done.getNow());
            }
            if (connecting == taken) {
                connecting = null;
                browser.answer(answer.apply(done.isSuccess() ? null : done.cause()));
            }
        });
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
        Future<DeviceConnection> ending = connecting;
        connecting = null;
        if (ending != null) {
            ending.cancel(true);
        }
    }

    @Override
    public void check() {
        // the attempt to connect has its own limit
    }
}
