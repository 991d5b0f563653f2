using System.Globalization;
using System.Text.Json;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.CloudEvents;

/// <summary>A CloudEvent in structured mode (CloudEvents 1.0.2, JSON event format 1.0.2). Batches and binary mode are not read.</summary>
/// <param name="At">Its <c>time</c>, in UTC milliseconds; required here.</param>
internal sealed record CloudEvent(string Id, string Source, string Type, string? Subject, long At, string? ContentType, JsonElement Data)
{
    /// <summary>Extension attributes that tracing and brokers add; they mean nothing here.</summary>
    private static readonly string[] Travelling = ["dataschema", "traceparent", "tracestate", "sequence", "sequencetype", "correlationid", "causationid", "recordedtime", "partitionkey"];

    private static readonly string[] TimeForms = ["yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mm:ssK"];

    public static CloudEvent? Read(ReadOnlySpan<byte> body, out string? fault)
    {
        if (!StrictJson.TryReadObject(body, out var json, out fault))
        {
            fault = $"the event {fault}";
            return null;
        }

        var members = new Members(json, "event");
        var version = members.NeedText("specversion", 16);
        var read = new CloudEvent(
            members.NeedText("id", 128), members.NeedText("source", 512), members.NeedText("type", 128), members.Text("subject", 256),
            Time(members), members.Text("datacontenttype", 64), members.Any("data") ?? default);
        foreach (var name in Travelling) members.Text(name, 512);
        members.NoOthers();
        if (version != "1.0") members.Fail("specversion", "is not 1.0");
        if (!Text.IsEventId(read.Id)) members.Fail("id", "is not of A-Z a-z 0-9 . _ : -");
        if (!Text.IsEventId(read.Type)) members.Fail("type", "is not of A-Z a-z 0-9 . _ : -");
        if (read.Data.ValueKind == JsonValueKind.Undefined) members.Fail("data", "is missing");
        fault = members.Fault;
        return fault is null ? read : null;
    }

    /// <summary>Why it is too old to be taken, or from the future; null when it is fresh.</summary>
    public Verified.Refused? Stale(long now, bool authentic) =>
        At <= now + (long)TokenRules.LargestSkew.TotalMilliseconds && At > now - (long)Limits.Acceptance.TotalMilliseconds
            ? null
            : new Verified.Refused(ReasonCodes.EvidenceLifetime, "the event's time is in the future or more than 15 minutes ago", authentic, Id);

    /// <summary>When the event could no longer be taken, in UTC milliseconds.</summary>
    public long KeepUntil => At + (long)(Limits.Acceptance + TokenRules.LargestSkew).TotalMilliseconds;

    /// <summary>RFC 3339 section 5.6, with an offset: a local time is none.</summary>
    private static long Time(Members members)
    {
        var text = members.NeedText("time", 40);
        if (DateTimeOffset.TryParseExact(text, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-')) return time.ToUnixTimeMilliseconds();
        members.Fail("time", "is no time such as 2026-07-01T12:00:00Z");
        return 0;
    }
}
