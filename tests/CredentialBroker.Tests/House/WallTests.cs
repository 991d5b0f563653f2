using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace CredentialBroker.Tests.House;

/// <summary>
/// Keeps the walls between rooms on the compiled assembly: signatures, bodies, attributes and constraints, which text
/// would miss behind <c>var</c> and aliases.
/// </summary>
public sealed class WallTests
{
    private const string Root = "CredentialBroker";

    [Fact]
    public void Every_room_uses_only_the_rooms_it_may_use()
    {
        var seen = References();
        var broken = seen
            .Where(r => r.From.Length > 0 && r.To.Length > 0 && r.From != r.To)
            .Where(r => !Walls.Allowed.TryGetValue(r.From, out var allowed) || !allowed.Contains(r.To))
            .Select(r => $"{r.From} may not use {r.To}: {r.Where}")
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();
        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    [Fact]
    public void Every_room_is_listed()
    {
        var rooms = typeof(BrokerHost).Assembly.GetTypes().Select(t => Room(t.Namespace ?? "")).Where(r => r.Length > 0).Distinct();
        Assert.Empty(rooms.Except(Walls.Allowed.Keys));
    }

    [Fact]
    public void No_two_rooms_use_each_other()
    {
        var pairs = Walls.Allowed.SelectMany(r => r.Value.Select(to => (From: r.Key, To: to))).ToHashSet();
        Assert.DoesNotContain(pairs, p => pairs.Contains((p.To, p.From)));
    }

    [Fact]
    public void The_walls_see_a_use_inside_a_method_body()
    {
        // Issuance names Leases' moves only in bodies; if this were not seen, the first test could not fail.
        Assert.Contains(References(), r => r is { From: "Issuance", To: "Leases" });
    }

    [Fact]
    public void R13_Only_policy_makes_a_grant()
    {
        var module = typeof(BrokerHost).Assembly.ManifestModule;
        var made = typeof(CredentialBroker.Policy.Decision.Granted).GetMembers(Everything).OfType<MethodBase>().Where(m => m.IsConstructor || m.Name == "<Clone>$").Select(m => m.MetadataToken).ToHashSet();
        var makers = typeof(BrokerHost).Assembly.GetTypes().SelectMany(type => type.GetMembers(Everything).OfType<MethodBase>())
            .Where(method => method.GetMethodBody() is { } body && Instructions.Tokens(body.GetILAsByteArray()!).Any(made.Contains))
            .Select(method => method.DeclaringType!).Where(type => type != typeof(CredentialBroker.Policy.Decision.Granted)).Distinct();
        Assert.Equal([typeof(CredentialBroker.Policy.PolicyRules)], makers);
    }

    private static string Room(string ns) => ns.StartsWith(Root + ".", StringComparison.Ordinal) ? ns[(Root.Length + 1)..].Split('.')[0] : "";

    private static List<(string From, string To, string Where)> References()
    {
        var assembly = typeof(BrokerHost).Assembly;
        using var file = File.OpenRead(assembly.Location);
        using var pe = new PEReader(file);
        var metadata = pe.GetMetadataReader();
        var found = new List<(string, string, string)>();
        foreach (var type in assembly.GetTypes())
        {
            var from = RoomOf(type);
            foreach (var used in Used(type)) found.Add((from, RoomOf(used), type.FullName!));
            foreach (var method in type.GetMembers(Everything).OfType<MethodBase>())
            {
                foreach (var used in UsedInBody(assembly.ManifestModule, metadata, method)) found.Add((from, RoomOf(used), $"{type.FullName}.{method.Name}"));
            }
        }

        return found;
    }

    private const BindingFlags Everything = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static string RoomOf(Type type)
    {
        while (type.HasElementType) type = type.GetElementType()!;
        return type.Assembly == typeof(BrokerHost).Assembly ? Room((type.DeclaringType ?? type).Namespace ?? "") : "";
    }

    private static IEnumerable<Type> Used(Type type)
    {
        if (type.BaseType is { } parent) yield return parent;
        foreach (var one in type.GetInterfaces()) yield return one;
        foreach (var field in type.GetFields(Everything)) foreach (var t in Spread(field.FieldType)) yield return t;
        foreach (var method in type.GetMethods(Everything))
        {
            foreach (var t in Spread(method.ReturnType)) yield return t;
            foreach (var parameter in method.GetParameters()) foreach (var t in Spread(parameter.ParameterType)) yield return t;
        }

        foreach (var constructor in type.GetConstructors(Everything)) foreach (var parameter in constructor.GetParameters()) foreach (var t in Spread(parameter.ParameterType)) yield return t;
    }

    private static IEnumerable<Type> Spread(Type type) => type.IsGenericType ? type.GetGenericArguments().SelectMany(Spread).Append(type) : [type];

    /// <summary>Every metadata token in the method's instructions, resolved; a byte that only looks like one resolves to nothing of ours.</summary>
    private static IEnumerable<Type> UsedInBody(Module module, MetadataReader metadata, MethodBase method)
    {
        if (method.GetMethodBody() is not { } body) yield break;
        foreach (var local in body.LocalVariables) foreach (var t in Spread(local.LocalType)) yield return t;
        foreach (var token in Instructions.Tokens(body.GetILAsByteArray()!))
        {
            if (MetadataTokens.EntityHandle(token).Kind is HandleKind.MethodDefinition or HandleKind.MemberReference or HandleKind.MethodSpecification or HandleKind.FieldDefinition or HandleKind.TypeDefinition or HandleKind.TypeSpecification)
            {
                foreach (var t in Resolve(module, token, method)) yield return t;
            }
        }
    }

    private static IEnumerable<Type> Resolve(Module module, int token, MethodBase within)
    {
        var typeArguments = within.DeclaringType?.IsGenericType == true ? within.DeclaringType.GetGenericArguments() : null;
        var methodArguments = within.IsGenericMethod ? within.GetGenericArguments() : null;
        return module.ResolveMember(token, typeArguments, methodArguments) switch
        {
            Type type => Spread(type),
            FieldInfo field => Spread(field.FieldType).Append(field.DeclaringType!),
            MethodInfo method => [method.DeclaringType!, .. Spread(method.ReturnType), .. method.IsGenericMethod ? method.GetGenericArguments() : []],
            MethodBase constructor => Spread(constructor.DeclaringType!),
            _ => [],
        };
    }
}
