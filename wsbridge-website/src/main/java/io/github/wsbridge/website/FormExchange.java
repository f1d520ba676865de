package io.github.wsbridge.website;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/** A small form, which is read as a whole before it is answered. */
final class FormExchange implements Exchange {

    private static final int MOST = 16 * 1024;

    private final BrowserConnection browser;
    private final Limits limits;
    private final Function<QueryStringDecoder, FullHttpResponse> answer;
    private final ByteArrayOutputStream form = new ByteArrayOutputStream();
    private final long since = System.nanoTime();

    /** @param answer makes the answer from the form's fields */
    FormExchange(BrowserConnection browser, Limits limits, Function<QueryStringDecoder, FullHttpResponse> answer) {
        this.browser = browser;
        this.limits = limits;
        this.answer = answer;
    }

    @Override
    public void onContent(HttpContent content) {
        byte[] bytes = new byte[content.content().readableBytes()];
        content.content().readBytes(bytes);
        content.release();
        form.writeBytes(bytes);
        if (form.size() > MOST) {
            browser.lastOne();
            browser.answer(Answer.text(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "the form is too large"));
        } else if (browser.received()) {
            browser.answer(answer.apply(new QueryStringDecoder(form.toString(StandardCharsets.UTF_8), false)));
        } else {
            browser.more();
        }
    }

    @Override
    public void onBrowserWritable() {}

    @Override
    public void onBrowserGone() {}

    @Override
    public void check() {
        if (System.nanoTime() - since > limits.bodyPause().toNanos()) {
            browser.abort();
        }
    }
}
