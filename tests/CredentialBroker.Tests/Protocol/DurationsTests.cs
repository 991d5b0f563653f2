using System.Text.RegularExpressions;
using CredentialBroker.Protocol;

namespace CredentialBroker.Tests.Protocol;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("0s", 0, "0s")]
    [InlineData("90s", 90_000, "1m30s")]
    [InlineData("15m", 900_000, "15m")]
    [InlineData("4h", 14_400_000, "4h")]
    [InlineData("1h30m", 5_400_000, "1h30m")]
    [InlineData("24h", 86_400_000, "1d")]
    [InlineData("250ms", 250, "250ms")]
    [InlineData("1m5ms", 60_005, "1m5ms")]
    [InlineData("366d", 31_622_400_000, "366d")]
    public void A_duration_reads_and_writes(string text, long ms, string canonical)
    {
        var duration = Durations.Parse(text);
        Assert.Equal(ms, duration.TotalMilliseconds);
        Assert.Equal(canonical, Durations.Format(duration));
        Assert.Equal(duration, Durations.Parse(canonical));
        Assert.Matches(new Regex(Durations.Pattern, RegexOptions.ECMAScript), text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("15")]
    [InlineData("m")]
    [InlineData("-5m")]
    [InlineData("+5m")]
    [InlineData("5 m")]
    [InlineData(" 5m")]
    [InlineData("5M")]
    [InlineData("1.5h")]
    [InlineData("015m")]
    [InlineData("00s")]
    [InlineData("30m1h")]
    [InlineData("1m1m")]
    [InlineData("1h30")]
    [InlineData("5min")]
    [InlineData("٥m")]
    public void What_is_no_duration_is_refused(string? text)
    {
        Assert.False(Durations.TryParse(text, out _));
        if (text is null) return;
        Assert.DoesNotMatch(new Regex(Durations.Pattern, RegexOptions.ECMAScript), text);
        Assert.Throws<FormatException>(() => Durations.Parse(text));
    }

    [Theory]
    [InlineData("367d")]
    [InlineData("366d1ms")]
    [InlineData("99999999999d")]
    [InlineData("999999999999d")]
    public void More_than_a_leap_year_is_refused(string text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void Negative_and_overlong_are_not_written()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Durations.Format(TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Durations.Format(TimeSpan.FromDays(367)));
    }

    [Fact]
    public void Every_whole_millisecond_survives_the_round_trip()
    {
        var random = new Random(7);
        for (var i = 0; i < 10_000; i++)
        {
            var duration = TimeSpan.FromMilliseconds(random.NextInt64(31_622_400_001));
            Assert.Equal(duration, Durations.Parse(Durations.Format(duration)));
        }
    }
}
