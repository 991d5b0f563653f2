using System.Text;
using System.Text.Json;
using CredentialBroker.Approvals;
using CredentialBroker.Approvals.ClientCertificates;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Jws;
using CredentialBroker.Attestation;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosts;

/// <summary>Proves who sent a report and reads it: the host's own key, or the certificate of its connection, as for its approvals.</summary>
internal sealed class HostReports(JwsFormat documents, TimeProvider clock)
{
    private const string Type = "host-records+jwt";
    private const int MostRecords = 200, MostUses = 500, MostResources = 65;

    /// <summary>The report, or why it is not taken.</summary>
    public async Task<(HostReport? Report, Refusal? Refusal)> ReadAsync(ApprovalSource source, Delivery delivery, CancellationToken cancel)
    {
        if (source.Options.Format == Formats.Jws)
        {
            if (delivery.MediaType != "application/jose") return (null, new Refusal(ReasonCodes.RequestMalformed, "send Content-Type: application/jose"));
            return await documents.ReadAsync(source, Type, Encoding.ASCII.GetString(delivery.Body.Span), cancel) switch
            {
                TokenReading.Valid valid => Signed(valid.Claims),
                TokenReading.Refused refused => (null, new Refusal(refused.Code, refused.Detail)),
                var other => throw new InvalidOperationException($"a reading has two outcomes, not {other.GetType().Name}"),
            };
        }

        if (delivery.MediaType != "application/json") return (null, new Refusal(ReasonCodes.RequestMalformed, "send Content-Type: application/json"));
        return ClientCertificate.Check(source, delivery.Certificate, clock.GetUtcNow()) is { } unproven ? (null, new Refusal(unproven.Code, unproven.Detail)) : Judge(Bodies.Parse(delivery.Body.ToArray(), ProtocolJson.Default.HostReport));
    }

    private static (HostReport?, Refusal?) Signed(JsonElement payload)
    {
        var members = new Members(payload, "payload");
        foreach (var name in (string[])["iss", "aud", "iat", "exp"]) members.Any(name);
        var id = members.NeedText("jti", 128);
        var report = members.Any("report");
        members.NoOthers();
        if (members.Fault is { } fault) return (null, new Refusal(ReasonCodes.RequestMalformed, fault));
        if (report is null) return (null, new Refusal(ReasonCodes.RequestMalformed, "payload.report is missing"));
        var read = Bodies.Parse(Encoding.UTF8.GetBytes(report.Value.GetRawText()), ProtocolJson.Default.HostReport);
        return read.Id == id ? Judge(read) : (null, new Refusal(ReasonCodes.RequestMalformed, "payload.jti is not the report's id"));
    }

    private static (HostReport?, Refusal?) Judge(HostReport report) => Fault(report) is { } fault ? (null, new Refusal(ReasonCodes.RequestMalformed, fault)) : (report, null);

    private static string? Fault(HostReport report)
    {
        if (!Text.IsEventId(report.Id)) return "report.id is not of A-Z a-z 0-9 . _ : -";
        if (report.Engine.Trust is not ("trusted" or "untrusted" or "excepted")) return "report.engine.trust is none of trusted, untrusted, excepted";
        if (report.Engine.Trust == "excepted" && (report.Engine.Exception is not { } name || !Text.IsName(name) || report.Engine.Until is null)) return "report.engine names no exception, or no end of it";
        if (!Line(report.Engine.Version, 64) || !Line(report.Engine.Reason, 1024)) return "report.engine has a text that is too long, or not plain";
        if (report.Records.Count > MostRecords) return "report.records are too many";
        if (report.Uses.Count > MostUses) return "report.uses are too many";
        if (report.Records.Any(record => !HostRecords.Kinds.ContainsKey(record.Kind) || !IsFit(record))) return "report.records has one that is unfit";
        return report.Uses.Any(use => use.Count < 1 || !Line(use.Caller, 256) || !Line(use.Uri, 512) || !Line(use.Group, 63) || !Line(use.Request, 256)) ? "report.uses has one that is unfit" : null;
    }

    private static bool IsFit(ContainerRecord record) =>
        Line(record.Caller, 256) && Line(record.Uri, 512) && Line(record.Serial, 128) && Line(record.Request, 256) && Line(record.Code, 63) && Line(record.Container, 64) && Line(record.Image, 512)
        && (record.Resources is null || (record.Resources.Count <= MostResources && record.Resources.All(one => one.Length > 0 && Line(one, 512))));

    private static bool Line(string? text, int longest) => text is null || (text.Length <= longest && Text.IsPlain(text));
}
