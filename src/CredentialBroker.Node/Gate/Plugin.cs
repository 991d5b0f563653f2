using System.Text.Json;
using CredentialBroker.Node.Approving;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Engine;
using CredentialBroker.Node.Reading;
using CredentialBroker.Node.Telling;
using CredentialBroker.Node.Trust;
using CredentialBroker.Protocol.Hosts;

namespace CredentialBroker.Node.Gate;

/// <summary>The engine's authorization plugin: asked before, where it decides, and told after, where it learns the id of what was made.</summary>
internal sealed class Plugin(NodeOptions options, Judge judge, Admissions admissions, Approver approver, EngineClient engine, Probes probes, Ledger ledger, Say say, TimeProvider clock)
{
    /// <summary>Before: a body of 4 MiB in base64, and what is around it. After, the engine also sends its answer.</summary>
    public const int LargestCall = 8 * 1024 * 1024, LargestTold = 24 * 1024 * 1024;

    public async Task<Verdict> BeforeAsync(ReadOnlyMemory<byte> json, CancellationToken cancel)
    {
        Call? call = null;
        Caller? caller = null;
        try
        {
            call = JsonSerializer.Deserialize(json.Span, CallJson.Default.Call) ?? throw new RefusedException(Refusals.Call, "the engine asked nothing");
            if (probes.Sees(call) is { } verdict) return verdict;
            if (IsOwn(call)) return new Verdict(true);
            caller = Caller.Of(call, options.Callers);
            await judge.JudgeAsync(call, caller, cancel);
            return new Verdict(true);
        }
        catch (RefusedException refused)
        {
            return Refuse(call, caller, refused.Code, refused.Message);
        }
        catch (UnreadableException unreadable)
        {
            return Refuse(call, caller, unreadable.Code, unreadable.Message);
        }
        catch (JsonException)
        {
            return Refuse(call, caller, Refusals.Call, "the engine's question cannot be read");
        }
        catch (EngineException fault)
        {
            return Refuse(call, caller, Refusals.Engine, fault.Message);
        }
        catch (IOException fault)
        {
            return Refuse(call, caller, Refusals.Fault, fault.Message);
        }
    }

    /// <summary>It is done already: nothing is refused here but what would leave something unbound unseen.</summary>
    public async Task<Verdict> AfterAsync(ReadOnlyMemory<byte> json, CancellationToken cancel)
    {
        try
        {
            var call = JsonSerializer.Deserialize(json.Span, CallJson.Default.Call);
            if (call is not { Verb: "POST", Status: 201 } || IsOwn(call) || Target.Of(call.Uri).Path != "containers/create") return new Verdict(true);
            if (admissions.Take(Judge.DigestOf(call)) is not { } admission) return Unbound("nobody let this creation through");
            await approver.BindAsync(IdIn(call.Answer ?? []), admission, cancel);
        }
        catch (Exception fault) when (fault is JsonException or RefusedException or UnreadableException or EngineException or IOException or InvalidOperationException)
        {
            return Unbound(fault.Message);
        }

        return new Verdict(true);
    }

    private bool IsOwn(Call call) => call.Verb == "GET" && call.Header(EngineClient.Mark) == engine.Secret;

    private static string IdIn(byte[] answer)
    {
        using var json = JsonDocument.Parse(answer);
        return json.RootElement.TryGetProperty("Id", out var id) && id.GetString() is { } text && Containers.IsId(text) ? text : throw new RefusedException(Refusals.Call, "the engine told no id of what it made");
    }

    /// <summary>The container is there and stays unbound, so that it cannot be started.</summary>
    private Verdict Unbound(string why)
    {
        say.Line($"a container was made and is not bound: {why}");
        return new Verdict(true);
    }

    private Verdict Refuse(Call? call, Caller? caller, string code, string detail)
    {
        var asked = call is null ? "?" : Asks.Of(call);
        say.Line($"refused {code}: {asked} by {caller?.Name ?? "?"}: {detail}");
        ledger.Tell(new ContainerRecord("refused", clock.GetUtcNow(), false, caller?.Name ?? (string.IsNullOrEmpty(call?.User) ? Caller.Anonymous : "?"), caller?.Uri, caller?.Serial, asked, code));
        return new Verdict(false, $"credbroker-node: {code}: {detail}");
    }
}
