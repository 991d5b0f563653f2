using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Backends.Aws;

/// <summary>
/// Cutting off every session of a role that was issued before a time, whoever made it: more than any lease's end, and
/// so never done but by a responder.
/// </summary>
internal sealed class AwsCutOffs(AwsConnections connections, AwsSessions sessions, AwsDenials denials)
{
    /// <summary>No session lives longer, whatever its role allows.</summary>
    public static readonly TimeSpan LongestSession = TimeSpan.FromHours(12);

    /// <summary>Null when it is no role of the target at which this broker may deny anything.</summary>
    public string? WhyNot(string target, string role) =>
        !connections.Targets.TryGetValue(target, out var options) ? "no such aws target"
        : !options.Roles.Contains(role) ? "the target has no such role"
        : options.DenyBy == DenyKey.None ? "the target lets the broker deny nothing (DenyBy)"
        : null;

    /// <summary>Leases whose newest session was issued before, and how many were later.</summary>
    public async ValueTask<(IReadOnlyList<string> Hit, int Spared)> PreviewAsync(string role, long before, CancellationToken cancel)
    {
        var live = (await sessions.LiveAsync(role, cancel)).Where(session => session.DeniedAt is null).ToLookup(session => session.IssuedAt < before, session => session.Lease);
        return ([.. live[true]], live[false].Count());
    }

    public static IReadOnlyList<Work> Works(string target, string role, long before) => AwsSessions.CutOff(target, role, before, before + (long)LongestSession.TotalMilliseconds);

    /// <summary>Null once IAM holds it; else why not yet, and it is tried again.</summary>
    public async ValueTask<string?> EnforceAsync(string target, string role, CancellationToken cancel)
    {
        try
        {
            await denials.EnforceAsync(connections.To(target), role, (await sessions.DocumentAsync(role, cancel))!.Version, cancel);
            return null;
        }
        catch (AwsRefusedException refused)
        {
            return refused.ToBackend(ReasonCodes.EndFailed).Detail;
        }
        catch (BackendException error)
        {
            return error.Detail;
        }
    }
}
