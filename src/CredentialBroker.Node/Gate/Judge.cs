using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Node.Approving;
using CredentialBroker.Node.Engine;
using CredentialBroker.Node.Reading;
using CredentialBroker.Node.Telling;
using CredentialBroker.Node.Trust;
using CredentialBroker.Protocol.Hosts;

namespace CredentialBroker.Node.Gate;

/// <summary>Decides on one request before the engine acts on it. Whatever is not clear is refused.</summary>
internal sealed class Judge(HostPaths paths, EngineClient engine, Containers containers, Admissions admissions, Approver approver, Ledger ledger, HostTrust trust, TimeProvider clock)
{
    /// <exception cref="RefusedException">It may not be done.</exception>
    /// <exception cref="UnreadableException">It cannot be read, or could be read in two ways.</exception>
    public async Task JudgeAsync(Call call, Caller caller, CancellationToken cancel)
    {
        var target = Target.Of(call.Uri);
        var route = Routes.Of(call.Verb, target);
        ledger.Count(caller, $"{route.Verb} /{route.Path}");
        if (caller.May is null) throw new RefusedException(Refusals.Caller, "the caller is of no class that is configured");
        if (!caller.MayDo(route.Act)) throw new RefusedException(Refusals.NotAllowed, $"the caller's class may not {route.Act.ToString().ToLowerInvariant()}");
        switch (route.Content)
        {
            case Content.None or Content.Empty or Content.Wait:
                Bodies.DemandNone(call);
                break;
            case Content.Create:
                Create(call, caller);
                break;
            case Content.Start:
                await StartAsync(call, caller, target.Segments[1], cancel);
                break;
            case Content.Exec:
                Exec(Bodies.Read(call), caller, call);
                break;
            case Content.Update:
                Changes.ReadUpdate(Bodies.Read(call));
                break;
            case Content.Volume:
                Changes.ReadVolume(Bodies.Read(call));
                break;
            case Content.Network:
                Networks.ReadNew(Bodies.Read(call));
                break;
            case Content.Connect:
                Networks.ReadConnect(Bodies.Read(call));
                break;
            default:
                throw new InvalidOperationException($"no judgement on {route.Content}");
        }
    }

    /// <summary>The same in both of the engine's calls about one request.</summary>
    public static string DigestOf(Call call)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{call.User}\n{call.Verb}\n{call.Uri}\n"));
        hash.AppendData(call.Body ?? []);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void Create(Call call, Caller caller)
    {
        var creation = Creation.Of(Bodies.Read(call));
        string[] resources = [.. creation.Resources.Where(one => !paths.IsDoor(one))];
        var tier = Tiers.Of(resources, caller);
        // Every request for resources of the host is told, whatever becomes of it, each resource by its own line (R44).
        var refusal = Refuse(creation, resources, caller);
        if (resources.Length > 0) ledger.TellNow(Told("privileged_request", call, caller, refusal?.Code) with { Resources = resources, Image = creation.Image.Length == 0 ? null : creation.Image[..Math.Min(creation.Image.Length, 512)] });
        if (refusal is not null) throw refusal;
        admissions.Expect(new Admission(DigestOf(call), caller, tier, creation, resources, clock.GetUtcNow()));
    }

    private RefusedException? Refuse(Creation creation, string[] resources, Caller caller)
    {
        try
        {
            foreach (var path in creation.Paths) paths.Check(path);
            // The approval names each of them, in a document that has an end.
            if (resources.Length > 64 || resources.Sum(one => one.Length) > 4096) return new RefusedException(Refusals.Resource, "more resources of the host are asked for than an approval can name");
            if (resources.FirstOrDefault(one => !Patterns.Allow(caller.May!.HostResources, one)) is { } other) return new RefusedException(Refusals.Resource, $"the caller's class may not have {other}");
            return Patterns.Allow(caller.May!.Images, creation.Image) ? null : new RefusedException(Refusals.Image, "the image is none that the caller's class may run");
        }
        catch (RefusedException refused)
        {
            return refused;
        }
    }

    private async Task StartAsync(Call call, Caller caller, string name, CancellationToken cancel)
    {
        Bodies.DemandNone(call);
        trust.Demand();
        var inspected = await engine.InspectAsync(name, cancel) ?? throw new RefusedException(Refusals.Unbound, "there is no such container");
        var bound = containers.Find(inspected.Id) ?? throw new RefusedException(Refusals.Unbound, "the container was not created through the gate");
        // Who starts it may not have less than who created it, and where a path leads may have changed since.
        if (bound.Resources.FirstOrDefault(one => !Patterns.Allow(caller.May!.HostResources, one)) is not null) throw new RefusedException(Refusals.Resource, "the container has resources of the host that the caller's class may not have");
        foreach (var path in bound.Paths) paths.Check(path);
        await approver.ApproveAsync(inspected, begins: true, cancel);
    }

    /// <summary>Further commands run with what the container has; privileges of their own they get none.</summary>
    private void Exec(Value.Members body, Caller caller, Call call)
    {
        var exec = new Struct(body, "body").Skip("User Tty ConsoleSize AttachStdin AttachStderr AttachStdout Detach DetachKeys Env WorkingDir Cmd");
        if (exec.Truth("Privileged"))
        {
            ledger.TellNow(Told("privileged_request", call, caller, Refusals.Resource) with { Resources = ["exec-privileged"] });
            throw new RefusedException(Refusals.Resource, "a command in a container has no privileges of its own");
        }

        exec.NoOthers();
    }

    private ContainerRecord Told(string kind, Call call, Caller caller, string? code) =>
        new(kind, clock.GetUtcNow(), code is null, caller.Name, caller.Uri, caller.Serial, Asks.Of(call), code);
}
