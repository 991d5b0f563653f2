using CredentialBroker;

return args switch
{
    ["serve", .. var rest] => await Commands.ServeAsync(rest),
    ["check", .. var rest] => await Commands.CheckAsync(rest),
    ["migrate", .. var rest] => await Commands.MigrateAsync(rest),
    ["probe", .. var rest] => await Commands.ProbeAsync(rest),
    ["demo", .. var rest] => await CredentialBroker.Demo.DemoCommand.RunAsync(rest),
    ["--help" or "-h" or "help"] => Commands.Help(Console.Out),
    [] => await Commands.ServeAsync([]),
    [var first, ..] when first.StartsWith("--config", StringComparison.Ordinal) => await Commands.ServeAsync(args),
    _ => Commands.Usage($"unknown command '{args[0]}'"),
};
