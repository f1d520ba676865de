package io.github.wsbridge.website;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An answer for which something else has to be asked. */
final class PromisedAnswer implements Exchange {

    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final BrowserConnection browser;
    private final Supplier<FullHttpResponse> late;
    private final long since = System.nanoTime();
    private boolean over;

    /** @param late makes the answer if the other has not come in time */
    PromisedAnswer(BrowserConnection browser, Supplier<FullHttpResponse> late) {
        this.browser = browser;
        this.late = late;
    }

    /** Answers with what {@code answer} makes, on the event loop, of what is asked or of its failure. */
    <T> PromisedAnswer of(
            CompletionStage<T> asked, BiFunction<@Nullable T, @Nullable Throwable, FullHttpResponse> answer) {
        asked.whenComplete((value, failure) -> {
            try {
                browser.channel().eventLoop().execute(() -> {
                    if (!over) {
                        over = true;
                        browser.answer(answer.apply(value, failure));
                    }
                });
            } catch (RejectedExecutionException e) {
                // the website has been closed
            }
        });
        return this;
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
        over = true;
    }

    @Override
    public void check() {
        if (!over && System.nanoTime() - since > LONGEST_NANOS) {
            over = true;
            browser.answer(late.get());
        }
    }
}
