using System.Text.Json;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;

namespace CredentialBroker.Signals;

/// <summary>What a receiver is told, made of one record. Records that tell nothing about a credential's life are none.</summary>
/// <param name="Id">The record's; the same however often it is sent.</param>
/// <param name="At">When it happened, UTC milliseconds.</param>
/// <param name="Change">What became of the credential.</param>
/// <param name="Backend">Kind of credential.</param>
/// <param name="Target">Where it is honoured.</param>
/// <param name="Cause">Why it ended, as leases say it; null while it lives.</param>
/// <param name="DiesBy">When it is dead whatever is done, UTC milliseconds.</param>
internal sealed record Signal(long Position, string Id, long At, Change Change, string Lease, string? Task, string? Template, string? Environment, string Backend, string Target, string? Cause, long DiesBy)
{
    /// <summary>Ended by somebody or something, before its time.</summary>
    public bool IsEarly => Change == Change.Ended && Cause is not ("ttl" or "max_ttl" or null);

    public static Signal? Of(SealedRecord record)
    {
        using var body = JsonDocument.Parse(record.Line.Body);
        var told = new ToldRecord(body.RootElement);
        if (ChangeOf(told.Text("type")) is not { } change || told.Text("lease") is not { } lease || told.Text("credential", "backend") is not { } backend) return null;
        return new Signal(
            record.Position, told.Text("id")!, told.Time.ToUnixTimeMilliseconds(), change, lease, told.Text("task"), told.Text("template"), told.Text("environment"), backend,
            told.Text("credential", "target") ?? "", change == Change.Ended ? told.Text("cause") : null, told.Number("credential", "diesBy") ?? 0);
    }

    private static Change? ChangeOf(string? type) => type switch
    {
        "credential.issued" => Change.Issued,
        "credential.renewed" => Change.Renewed,
        "credential.revoked" => Change.Ended,
        "credential.outlived_end" => Change.Outlived,
        _ => null,
    };
}

internal enum Change
{
    Issued,
    Renewed,
    Ended,
    /// <summary>It was still honoured after its end should have taken effect.</summary>
    Outlived,
}
