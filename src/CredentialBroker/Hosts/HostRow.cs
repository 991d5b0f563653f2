using System.Data.Common;
using CredentialBroker.Protocol.Hosts;

namespace CredentialBroker.Hosts;

/// <summary>What a host's node told last. Times are UTC milliseconds.</summary>
internal sealed record HostRow(string Source, long HeardAt, string Trust, string Version, string? Reason, string? Exception, long? Until)
{
    public const string Columns = "source, heard_at, trust, version, reason, exception, until";

    public static HostRow Read(DbDataReader row) => new(
        row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5), row.IsDBNull(6) ? null : row.GetInt64(6));

    public bool IsAs(EngineStanding engine) => Trust == engine.Trust && Version == engine.Version && Reason == engine.Reason && Exception == engine.Exception && Until == engine.Until?.ToUnixTimeMilliseconds();
}
