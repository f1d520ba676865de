package io.github.wsbridge.website;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;

/** Knows whether the response that it encodes answers HEAD and so has no body, whatever its header says. */
final class ResponseEncoder extends HttpResponseEncoder {

    private boolean head;

    /** Tells what the next response answers. */
    void answers(boolean toHead) {
        head = toHead;
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpResponse response) {
        return head || super.isContentAlwaysEmpty(response);
    }
}
