package io.github.wsbridge.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.WriteBufferWaterMark;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The options of a channel over a leg: the common ones, and whether it survives the end of the other direction. */
final class LegChannelConfig extends DefaultChannelConfig {

    /** Room for what a connection gives at once, so that it leaves as one message. */
    private static final int HIGH_WATER = 128 * 1024;

    private volatile boolean halfClosure;

    LegChannelConfig(Channel channel) {
        super(channel);
        setWriteBufferWaterMark(new WriteBufferWaterMark(HIGH_WATER / 2, HIGH_WATER));
    }

    boolean allowsHalfClosure() {
        return halfClosure;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), ChannelOption.ALLOW_HALF_CLOSURE);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> @Nullable T getOption(ChannelOption<T> option) {
        return option == ChannelOption.ALLOW_HALF_CLOSURE ? (T) Boolean.valueOf(halfClosure) : super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            validate(option, value);
            halfClosure = Boolean.TRUE.equals(value);
            return true;
        }
        return super.setOption(option, value);
    }
}
