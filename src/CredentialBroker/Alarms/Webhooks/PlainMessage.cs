using System.Globalization;
using System.Text.Json;
using CredentialBroker.Approvals;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Alarms.Webhooks;

/// <summary>
/// The broker's own form: <c>type</c>, when, and the <c>subject</c> as members named like selectors' dimensions, which must all hold.
/// With <c>secret</c> it is a credential that was found where it must not be.
/// </summary>
internal static class PlainMessage
{
    private const int LongestSecret = 12 * 1024;

    /// <summary>What somebody outside can know of a workload.</summary>
    private static readonly string[] Outside =
        ["lease", "workload", "spiffeid", "instance", "cluster", "namespace", "serviceaccount", "pod", "container", "image", "node", "issuer", "subject", "source", "target", "approval", "task"];

    public static Alarm? Read(AlarmSource source, string eventId, JsonElement message, out string? fault)
    {
        var members = new Members(message, "message");
        var (type, at, detail) = (members.NeedText("type", 64), members.Text("at", 40), members.Text("detail", 512));
        var subject = members.Pairs("subject", Outside.Length, 512);
        var secret = FoundSecret.Of(members.Any("secret"), LongestSecret);
        members.NoOthers();
        DateTimeOffset time = default;
        if (type.Length > 0 && !type.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or ':')) members.Fail("type", "is not of a-z 0-9 - :");
        if (at is not null && !DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time)) members.Fail("at", "is no time such as 2026-07-01T12:00:00Z");
        if (subject.Keys.Except(Outside, StringComparer.Ordinal).Any()) members.Fail("subject", $"has a member that is none of {string.Join(", ", Outside)}");
        if (secret is { IsRead: false }) members.Fail("secret", "is no text or object of at most 12 KiB");
        if (secret is not null ? type != "exposure" || subject.Count > 0 : subject.Count == 0) members.Fail("subject", "is what was seen; with secret the type is exposure and there is no subject");
        Selector? about = null;
        if (members.Fault is null && subject.Count > 0 && (about = AboutThing.Of(subject.Select(one => AboutThing.Is(one.Key, one.Value)))) is null) members.Fail("subject", "has a text that cannot be sought");
        fault = members.Fault;
        return fault is null ? new Alarm(eventId, type, at is null ? null : time.ToUnixTimeMilliseconds(), about, detail) { Secret = secret } : null;
    }
}
