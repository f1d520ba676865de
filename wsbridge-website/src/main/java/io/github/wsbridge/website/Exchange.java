package io.github.wsbridge.website;

import io.netty.handler.codec.http.HttpContent;

/** A request that is being answered. Belongs to the event loop of the browser's connection. */
interface Exchange {

    /** Takes a piece of the request's body, and releases it. Asks the connection for more when it wants more. */
    void onContent(HttpContent content);

    /** Called when the browser takes data again. */
    void onBrowserWritable();

    /** Called when the browser has gone. */
    void onBrowserGone();

    /** Called now and then, to end what takes too long. */
    void check();
}
