using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Alarms;

/// <summary>What a source was proven to say that it saw.</summary>
/// <param name="EventId">The source's own name of it: it is acted upon once.</param>
/// <param name="Type">What was seen, such as <c>exec</c> or <c>device-compliance-change:not-compliant</c>.</param>
/// <param name="At">When, in UTC milliseconds; null when it was not said.</param>
/// <param name="About">What it was seen at, as far as that is known here; null when nothing of it is.</param>
/// <param name="Detail">What a person may want to read.</param>
internal sealed record Alarm(string EventId, string Type, long? At, Selector? About, string? Detail)
{
    /// <summary>A secret that the source found somewhere. It is matched and forgotten; this prints without it.</summary>
    public FoundSecret? Secret { get; init; }
}

/// <summary>Outcome of proving who sent something, and of reading what they saw.</summary>
internal abstract record Heard
{
    private Heard() { }

    internal sealed record As(Alarm Alarm) : Heard;

    /// <param name="Authentic">Whether the source was proven to have sent it, so that the refusal is recorded.</param>
    /// <param name="Err">The code that RFC 8935 has for it, where it came as a security event token.</param>
    internal sealed record Refused(string Code, string Detail, bool Authentic, string? Err = null) : Heard;
}

/// <summary>One way in which sources speak.</summary>
internal interface IAlarmFormat
{
    Task<Heard> HearAsync(AlarmSource source, Approvals.Intake.Delivery delivery, CancellationToken cancel);
}

/// <summary>The selector of a thing that a source names, made of texts that it sent.</summary>
internal static class AboutThing
{
    /// <summary>Null when there are none, or when one of them can stand in no selector.</summary>
    public static Selector? Of(IEnumerable<Term> terms)
    {
        var text = new Selector([.. terms]).ToString();
        return text.Length > 0 && Selector.TryParse(text, out var selector, out _) ? selector : null;
    }

    public static Term Is(string key, string value) => new(key, Comparison.Is, [value], 0);
}
