// SPDX-License-Identifier: MIT
// npm's smtp-server (npm.sh) on loopback: a port with STARTTLS and one with implicit TLS. It
// demands a login: SERVER_USER with SERVER_PASSWORD, or with SERVER_TOKEN by XOAUTH2; a wrong token
// is answered by the error challenge that Google documents. Mail is stored like
// aiosmtpd_server.py's.
//
// usage: smtp_server.js NODE_MODULES CERTIFICATES STORE      prints `ready PORT TLS_PORT`
'use strict';
const fs = require('fs');
const path = require('path');
const [modules, certificates, store] = process.argv.slice(2);
const { SMTPServer } = require(path.join(modules, 'smtp-server'));
const { SERVER_USER: user, SERVER_PASSWORD: password, SERVER_TOKEN: token } = process.env;
let count = 0;

function checkLogin(auth, session, done) {
    const right = auth.username === user &&
        (auth.method === 'XOAUTH2' ? auth.accessToken === token :
            auth.method === 'CRAM-MD5' ? auth.validatePassword(password) :
                auth.password === password);
    if (right)
        done(null, { user: { name: auth.username, method: auth.method } });
    else if (auth.method === 'XOAUTH2')
        done(null, { data: { status: '401', schemes: 'bearer', scope: 'https://example.com/' } });
    else
        done(new Error('no such user and password'));
}

// The mail is whole on disk before the server says 250.
function keep(stream, session, done) {
    const pieces = [];
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('end', () => {
        const name = path.join(store, String(++count).padStart(4, '0'));
        fs.writeFileSync(name + '.json', JSON.stringify({
            from: session.envelope.mailFrom.address,
            to: session.envelope.rcptTo.map((recipient) => recipient.address),
            ehlo: session.hostNameAppearsAs,
            login: session.user.name,
            method: session.user.method,
        }));
        fs.writeFileSync(name + '.part', Buffer.concat(pieces));
        fs.renameSync(name + '.part', name + '.eml');
        done(null, 'kept as ' + count);
    });
}

function serve(secure) {
    const server = new SMTPServer({
        secure,
        name: 'mail.test',
        key: fs.readFileSync(path.join(certificates, 'server.key')),
        cert: fs.readFileSync(path.join(certificates, 'server.pem')),
        authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'],
        disableReverseLookup: true,
        size: 64 << 20,
        maxCommandLength: 12288, // RFC 4954 4; its default, 4,096, is too short for many a token
        onAuth: checkLogin,
        onData: keep,
    });
    server.on('error', (error) => console.error(String(error)));
    return new Promise((resolve) =>
        server.listen(0, '127.0.0.1', () => resolve(server.server.address().port)));
}

Promise.all([serve(false), serve(true)]).then((ports) => console.log('ready', ...ports));
