using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Aws;

/// <summary>
/// Brings to IAM what the store says a role denies. IAM has no compare-and-set: so one replica has the pen at a time,
/// renders the whole document from the store after it got it, and believes what it reads back. Ends that wait for the
/// same role share one write.
/// </summary>
internal sealed class AwsDenials(string brokerId, AwsSessions sessions, TimeProvider clock)
{
    private const int Readings = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);
    private readonly ConcurrentDictionary<string, Turns> _turns = new();

    /// <summary>Comes back when IAM holds this version, or a newer one.</summary>
    /// <exception cref="AwsRefusedException">IAM does not take it.</exception>
    public async ValueTask EnforceAsync(AwsConnection aws, string role, long version, CancellationToken cancel)
    {
        using var turn = await _turns.GetOrAdd(role, _ => new Turns(1)).TakeAsync(cancel);
        if (await sessions.DocumentAsync(role, cancel) is { } known && known.Confirmed >= version) return;
        var writer = Ids.New(clock);
        // Long enough for what is done with the pen, after which a late write of whoever had it cannot be under way.
        var patience = aws.Options.RequestTimeout * 3;
        while ((await sessions.TakePenAsync(role, writer, clock.NowMs() + (long)(patience * 2).TotalMilliseconds, cancel)).Writer != writer) await Task.Delay(Pause, clock, cancel);
        long? confirmed = null;
        try
        {
            using var limit = new CancellationTokenSource(patience, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            confirmed = await WriteAsync(aws, role, either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new BackendException(AwsBackend.Word, ReasonCodes.TargetUnavailable, "IAM did not answer in time", transient: true);
        }
        finally
        {
            await sessions.GivePenBackAsync(role, writer, confirmed);
        }
    }

    /// <summary>Whether IAM holds what the store says, as of now.</summary>
    public async ValueTask<bool> HoldsAsync(AwsConnection aws, string role, CancellationToken cancel)
    {
        var (_, document) = await RenderAsync(aws, role, cancel);
        return Same(document, await aws.Iam.PolicyAsync(AwsArn.NameOf(role), SessionNames.DenialsOf(brokerId), cancel));
    }

    /// <summary>The values that IAM denies by, as of now.</summary>
    public async ValueTask<IReadOnlyList<string>> DeniedAsync(AwsConnection aws, string role, CancellationToken cancel)
    {
        if (await aws.Iam.PolicyAsync(AwsArn.NameOf(role), SessionNames.DenialsOf(brokerId), cancel) is not { } text) return [];
        try
        {
            var denied = JsonNode.Parse(text)?["Statement"]?.AsArray().Select(statement => statement?["Condition"]?[aws.Key!.Test]?[aws.Key.Key]).OfType<JsonArray>().SelectMany(values => values);
            return [.. denied?.Select(value => value?.GetValue<string>()).OfType<string>() ?? []];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw AwsAnswer.Odd("GetRolePolicy");
        }
    }

    private async ValueTask<long> WriteAsync(AwsConnection aws, string role, CancellationToken cancel)
    {
        var (version, document) = await RenderAsync(aws, role, cancel);
        await aws.Iam.PutPolicyAsync(AwsArn.NameOf(role), SessionNames.DenialsOf(brokerId), document, cancel);
        for (var reading = 1; reading <= Readings; reading++)
        {
            if (Same(document, await aws.Iam.PolicyAsync(AwsArn.NameOf(role), SessionNames.DenialsOf(brokerId), cancel))) return version;
            await Task.Delay(Pause * reading, clock, cancel);
        }

        throw new BackendException(AwsBackend.Word, ReasonCodes.EndFailed, "IAM took the role's policy, and reads back another one", transient: true);
    }

    /// <summary>The version is read first: what changes in between is in the document all the same, and written again under the later version.</summary>
    private async ValueTask<(long Version, string Document)> RenderAsync(AwsConnection aws, string role, CancellationToken cancel)
    {
        var row = await sessions.DocumentAsync(role, cancel);
        var denied = (await sessions.LiveAsync(role, cancel)).Where(session => session.DeniedAt is not null && !session.IsBefore(row?.CutOff));
        return (row?.Version ?? 0, DenyDocument.Render(aws.Key!, denied.Select(session => aws.Key!.ValueOf(brokerId, session.Lease)), row?.CutOff));
    }

    private static bool Same(string document, string? found)
    {
        try
        {
            return found is not null && JsonNode.DeepEquals(JsonNode.Parse(document), JsonNode.Parse(found));
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
