package io.github.wsbridge.jakarta;

import io.undertow.server.HttpServerExchange;
import io.undertow.servlet.handlers.ServletRequestContext;
import jakarta.servlet.http.HttpServletRequest;

/** Undertow: uses the channels of its connection. */
final class Undertow implements ServletContainer {

    @Override
    public Upgradable prepare(HttpServletRequest request) {
        HttpServerExchange exchange = ServletRequestContext.requireCurrent().getExchange();
        return opened -> {
            exchange.upgradeChannel((channel, ended) -> opened.accept(new UndertowConnection(channel)));
            return true;
        };
    }
}
